"""Geometry behind the operations on the motion itself (`editing.motion_operations`): joints in, joints out."""
