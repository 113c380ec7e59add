"""Run inside Blender: import a BVH or GLB file and write where its bones begin, sampled at the given times.

blender --background --factory-startup --python tests/blender_joints.py -- FILE FPS FRAMES OUT.json
"""

import builtins
import json
import sys

import bpy
import numpy

# Blender 3.4 as Debian packages it runs on a newer Python and numpy than its importers were written for.
open_file = builtins.open
builtins.open = lambda file, mode="r", *rest, **named: open_file(file, mode.replace("U", ""), *rest, **named)
if not hasattr(numpy, "bool"):
    numpy.bool = bool

path, fps, frames, out = sys.argv[sys.argv.index("--") + 1 :]
bpy.ops.wm.read_factory_settings(use_empty=True)
if path.endswith(".bvh"):
    bpy.ops.import_anim.bvh(filepath=path, update_scene_fps=True)
else:
    bpy.ops.import_scene.gltf(filepath=path)
scene = bpy.context.scene
armature = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
first = armature.animation_data.action.frame_range[0]
rate = scene.render.fps / scene.render.fps_base
poses = []
for frame in range(int(frames)):
    place = first + frame * rate / float(fps)
    whole = int(place + 1e-4)
    scene.frame_set(whole, subframe=max(0.0, place - whole))
    heads = {bone.name: armature.matrix_world @ bone.head for bone in armature.pose.bones}
    poses.append({name: (head.x, head.z, -head.y) for name, head in heads.items()})  # Z up -> Y up
vertices = sum(len(thing.data.vertices) for thing in bpy.data.objects if thing.type == "MESH")
with open_file(out, "w") as file:
    json.dump({"poses": poses, "vertices": vertices}, file)
