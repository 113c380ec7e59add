"""One motion of the toy body under the joint names, and in the trees, of rigs that people have."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dataset.motion_files.raw import RawMotion
from dataset.procedural.toy_body import Puppet
from utils.skeleton import T2M_SKELETON

ROLES = T2M_SKELETON.joint_names
SIDES = ("left", "right")
MIDDLE = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
LIMBS = (("hip", "knee", "ankle", "foot"), ("collar", "shoulder", "elbow", "wrist"))
# Of each rig: marks of left and right / what stands before every name / middle: pelvis, three of the spine, neck, head /
# leg / arm. "*" is the mark of the side, "-" a joint that the rig lacks.
RIGS = {
    "mixamo": "Left,Right/mixamorig:/Hips,Spine,Spine1,Spine2,Neck,Head/"
    "*UpLeg,*Leg,*Foot,*ToeBase/*Shoulder,*Arm,*ForeArm,*Hand",
    "3ds max biped": "L,R//Bip01,Bip01 Spine,Bip01 Spine1,Bip01 Spine2,Bip01 Neck,Bip01 Head/"
    "Bip01 * Thigh,Bip01 * Calf,Bip01 * Foot,Bip01 * Toe0/"
    "Bip01 * Clavicle,Bip01 * UpperArm,Bip01 * Forearm,Bip01 * Hand",
    "biped 001": "L,R/Bip001 /Pelvis,Spine,Spine1,Spine2,Neck,Head/"
    "* Thigh,* Calf,* Foot,* Toe0/* Clavicle,* UpperArm,* Forearm,* Hand",
    "source engine": "L,R/ValveBiped.Bip01_/Pelvis,Spine,Spine1,Spine2,Neck1,Head1/"
    "*_Thigh,*_Calf,*_Foot,*_Toe0/*_Clavicle,*_UpperArm,*_Forearm,*_Hand",
    "deepmotion": "l,r//hips_JNT,spine_JNT,spine1_JNT,spine2_JNT,neck_JNT,head_JNT/"
    "*_upleg_JNT,*_leg_JNT,*_foot_JNT,*_toebase_JNT/*_shoulder_JNT,*_arm_JNT,*_forearm_JNT,*_hand_JNT",
    "arkit": "left,right//hips_joint,spine_1_joint,spine_3_joint,spine_5_joint,neck_1_joint,head_joint/"
    "*_upLeg_joint,*_leg_joint,*_foot_joint,*_toes_joint/"
    "*_shoulder_1_joint,*_arm_joint,*_forearm_joint,*_hand_joint",
    "genea": "l,r/b_/root,spine0,spine1,spine2,neck0,head/"
    "*_upleg,*_leg,*_foot,*_ball/*_shoulder,*_arm,*_forearm,*_wrist",
    "vrm": "L,R/J_Bip_/C_Hips,C_Spine,C_Chest,C_UpperChest,C_Neck,C_Head/"
    "*_UpperLeg,*_LowerLeg,*_Foot,*_ToeBase/*_Shoulder,*_UpperArm,*_LowerArm,*_Hand",
    "vrm humanoid": "left,right//hips,spine,chest,upperChest,neck,head/"
    "*UpperLeg,*LowerLeg,*Foot,*Toes/*Shoulder,*UpperArm,*LowerArm,*Hand",
    "soma": "Left,Right//Hips,Spine1,Spine2,Chest,Neck1,Head/"
    "*Leg,*Shin,*Foot,*ToeBase/*Shoulder,*Arm,*ForeArm,*Hand",
    "kinect 2": "Left,Right//SpineBase,SpineMid,-,SpineShoulder,Neck,Head/"
    "Hip*,Knee*,Ankle*,Foot*/-,Shoulder*,Elbow*,Wrist*",
    "kinect 1": "Left,Right//HipCenter,Spine,-,-,ShoulderCenter,Head/"
    "Hip*,Knee*,Ankle*,Foot*/-,Shoulder*,Elbow*,Wrist*",
    "azure kinect": "LEFT,RIGHT//PELVIS,SPINE_NAVEL,-,SPINE_CHEST,NECK,HEAD/"
    "HIP_*,KNEE_*,ANKLE_*,FOOT_*/CLAVICLE_*,SHOULDER_*,ELBOW_*,WRIST_*",
    "unreal": "l,r//pelvis,spine_01,spine_02,spine_03,neck_01,head/"
    "thigh_*,calf_*,foot_*,ball_*/clavicle_*,upperarm_*,lowerarm_*,hand_*",
    "character creator": "L,R/CC_Base_/Hip,Waist,Spine01,Spine02,NeckTwist01,Head/"
    "*_Thigh,*_Calf,*_Foot,*_ToeBase/*_Clavicle,*_Upperarm,*_Forearm,*_Hand",
    "makehuman": "L,R//root,spine05,spine04,spine01,neck01,head/"
    "upperleg01.*,lowerleg01.*,foot.*,toe1-1.*/clavicle.*,upperarm01.*,lowerarm01.*,wrist.*",
    "makehuman cmu": "Left,Right//Hips,LowerBack,Spine,Spine1,Neck,Head/"
    "*UpLeg,*Leg,*Foot,*ToeBase/*Shoulder,*Arm,*ForeArm,*Hand",
    "makehuman game": "l,r//pelvis,spine_01,spine_02,spine_03,neck_01,head/"
    "thigh_*,calf_*,foot_*,ball_*/clavicle_*,upperarm_*,lowerarm_*,hand_*",
    "genesis 8": "l,r//hip,abdomenLower,abdomenUpper,chestLower,neckLower,head/"
    "*ThighBend,*Shin,*Foot,*Toe/*Collar,*ShldrBend,*ForearmBend,*Hand",
    "genesis 9": "l,r//hip,spine1,spine2,spine3,neck1,head/"
    "*_thigh,*_shin,*_foot,*_toes/*_shoulder,*_upperarm,*_forearm,*_hand",
    "poser": "Left,Right//Hip,Abdomen,-,Chest,Neck,Head/"
    "*_Thigh,*_Shin,*_Foot,*_Toe/*_Collar,*_Shoulder,*_Forearm,*_Hand",
    "optitrack": "L,R//Hip,Ab,-,Chest,Neck,Head/*Thigh,*Shin,*Foot,*Toe/*Shoulder,*UArm,*FArm,*Hand",
    "optitrack with a name": "L,R/Anna_/Hip,Ab,-,Chest,Neck,Head/"
    "*Thigh,*Shin,*Foot,*Toe/*Shoulder,*UArm,*FArm,*Hand",
    "rigify": "L,R/DEF-/spine,spine.001,spine.002,spine.003,spine.004,spine.006/"
    "thigh.*,shin.*,foot.*,toe.*/shoulder.*,upper_arm.*,forearm.*,hand.*",
    "zed": "LEFT,RIGHT//PELVIS,SPINE_1,SPINE_2,SPINE_3,NECK,HEAD/"
    "*_HIP,*_KNEE,*_ANKLE,*_BIG_TOE/*_CLAVICLE,*_SHOULDER,*_ELBOW,*_WRIST",
    "blender": "L,R//hips,spine,chest,chest.001,neck,head/"
    "thigh.*,shin.*,foot.*,toe.*/shoulder.*,upper_arm.*,forearm.*,hand.*",
    "perception neuron": "Left,Right//Hips,Spine,Spine1,Spine2,Neck,Head/"
    "*UpLeg,*Leg,*Foot,-/*Shoulder,*Arm,*ForeArm,*Hand",
    "xsens": "Left,Right//Hips,Chest,Chest2,Chest4,Neck,Head/"
    "*Hip,*Knee,*Ankle,*Toe/*Collar,*Shoulder,*Elbow,*Wrist",
    "xsens segments": "Left,Right//Pelvis,L5,L3,T8,Neck,Head/"
    "*UpperLeg,*LowerLeg,*Foot,*Toe/*Shoulder,*UpperArm,*ForeArm,*Hand",
    "vicon": "Left,Right/Anna:Solving:/Hips,Spine,Spine1,Spine3,Neck,Head/"
    "*UpLeg,*Leg,*Foot,*ToeBase/*Shoulder,*Arm,*ForeArm,*Hand",
    "rokoko": "Left,Right//Hips,Spine1,Spine2,Spine4,Neck,Head/"
    "*Thigh,*Shin,*Foot,*Toe/*Shoulder,*Arm,*ForeArm,*Hand",
    "lafan": "Left,Right//Hips,Spine,Spine1,Spine2,Neck,Head/"
    "*UpLeg,*Leg,*Foot,*Toe/*Shoulder,*Arm,*ForeArm,*Hand",
    "smpl in blender": "L,R/m_avg_/Pelvis,Spine1,Spine2,Spine3,Neck,Head/"
    "*_Hip,*_Knee,*_Ankle,*_Foot/*_Collar,*_Shoulder,*_Elbow,*_Wrist",
    "second life": "Left,Right//mPelvis,mTorso,-,mChest,mNeck,mHead/"
    "mHip*,mKnee*,mAnkle*,mFoot*/mCollar*,mShoulder*,mElbow*,mWrist*",
    "roblox": "Left,Right//LowerTorso,-,UpperTorso,-,-,Head/"
    "*UpperLeg,*LowerLeg,*Foot,-/-,*UpperArm,*LowerArm,*Hand",
    "auto-rig pro": "l,r//root.x,spine_01.x,spine_02.x,spine_03.x,neck.x,head.x/"
    "thigh_stretch.*,leg_stretch.*,foot.*,toes_01.*/shoulder.*,arm_stretch.*,forearm_stretch.*,hand.*",
    "advanced skeleton": "L,R//Root_M,Spine1_M,Spine2_M,Chest_M,Neck_M,Head_M/"
    "Hip_*,Knee_*,Ankle_*,Toes_*/Scapula_*,Shoulder_*,Elbow_*,Wrist_*",
    "humanik character": "Left,Right/Character1_/Hips,Spine,Spine1,Spine2,Neck,Head/"
    "*UpLeg,*Leg,*Foot,*ToeBase/*Shoulder,*Arm,*ForeArm,*Hand",
    "mediapipe": "left,right//-,-,-,-,-,-/*_hip,*_knee,*_ankle,*_foot_index/-,*_shoulder,*_elbow,*_wrist",
    "team fortress": "L,R/bip_/pelvis,spine_0,spine_1,spine_3,neck,head/"
    "hip_*,knee_*,foot_*,toe_*/collar_*,upperArm_*,lowerArm_*,hand_*",
    "skyrim": "L,R/NPC /Pelvis [Pelv],Spine [Spn0],Spine1 [Spn1],Spine2 [Spn2],Neck [Neck],Head [Head]/"
    "* Thigh [*Thg],* Calf [*Clf],* Foot [*ft ],* Toe0 [*Toe]/"
    "* Clavicle [*Clv],* UpperArm [*Uar],* Forearm [*Lar],* Hand [*Hnd]",
    "fallout": "L,R//Pelvis,SPINE1,SPINE2,Chest,Neck,Head/*Leg_Thigh,*Leg_Calf,*Leg_Foot,*Leg_Toe1/"
    "*Arm_Collarbone,*Arm_UpperArm,*Arm_ForeArm1,*Arm_Hand",
    "maya": "lt,rt//root_jnt,spine_01_jnt,spine_02_jnt,spine_03_jnt,neck_01_jnt,head_jnt/"
    "*_leg_hip_jnt,*_leg_knee_jnt,*_leg_ankle_jnt,*_leg_ball_jnt/"
    "*_arm_clavicle_jnt,*_arm_shoulder_jnt,*_arm_elbow_jnt,*_arm_wrist_jnt",
    "opensim": "l,r//pelvis,lumbar,torso,-,-,head/femur_*,tibia_*,talus_*,toes_*/-,humerus_*,radius_*,hand_*",
    "openpose": "L,R//MidHip,-,-,-,Neck,-/*Hip,*Knee,*Ankle,*BigToe/-,*Shoulder,*Elbow,*Wrist",
    "noitom": "Left,Right/Robot_/Hips,Spine,Spine1,Spine2,Neck,Head/"
    "*UpLeg,*Leg,*Foot,-/*Shoulder,*Arm,*ForeArm,*Hand",
    "acclaim": "Left,Right//Hips,-,Chest,-,Neck,Head/*UpLeg,*LowLeg,*Foot,-/*Collar,*UpArm,*LowArm,*Hand",
    "capitals": "L,R//PELVIS,SPINE1,SPINE2,SPINE3,NECK,HEAD/*THIGH,*CALF,*FOOT,*TOE/*CLAVICLE,*UPPERARM,*FOREARM,*HAND",
    "lower case": "l,r//pelvis,spine,spine1,spine2,neck,head/"
    "*femur,*tibia,*foot,*toes/*clavicle,*humerus,*radius,*hand",
    "side behind": "l,r//hips,spine,spine1,spine2,neck,head/"
    "upleg*,lowleg*,foot*,toe*/collar*,uparm*,lowarm*,hand*",
    "mmd": "左,右//センター,上半身,上半身2,上半身3,首,頭/*足,*ひざ,*足首,*つま先/*肩,*腕,*ひじ,*手首",
    "russian": "Л,П//Таз,Хребет,Хребет1,Хребет2,Шея,Голова/"
    "Бедро*,Голень*,Стопа*,Носок*/Плечо*,Рука*,Локоть*,Кисть*",
    "french": "Gauche,Droite//Bassin,Dos,Dos1,Dos2,Cou,Tete/"
    "Cuisse*,Mollet*,Pied*,Orteils*/Epaule*,Bras*,AvantBras*,Main*",
    "arabic": "يسار,يمين//حوض,عمود1,عمود2,عمود3,رقبة,رأس/فخذ_*,ساق_*,قدم_*,اصابع_*/ترقوة_*,عضد_*,ساعد_*,يد_*",
    "numbers": "1,2/Joint_/0,1,2,3,4,5/1*1,1*2,1*3,1*4/2*1,2*2,2*3,2*4",
}

# Whole trees: a line is a joint under the one that is indented less, with its place: a role, or "a b t" for the point
# a + t (b - a), or "floor" under the pelvis, or "origin". Lines of a "sides" block, which hang on one joint, stand for
# both sides.
TREES = {
    "biped": """
Bip01 = pelvis
 Bip01 Footsteps = floor
 Bip01 Pelvis = pelvis
  Bip01 Spine = pelvis spine1 0.6
sides L R
   Bip01 * Thigh = *_hip
    Bip01 * Calf = *_knee
     Bip01 * Foot = *_ankle
      Bip01 * Toe0 = *_foot
       Bip01 * Toe0Nub = *_ankle *_foot 1.5
end
   Bip01 Spine1 = spine1
    Bip01 Spine2 = spine2
     Bip01 Neck = neck
      Bip01 Head = head
       Bip01 HeadNub = neck head 2.5
sides L R
      Bip01 * Clavicle = *_collar
       Bip01 * UpperArm = *_shoulder
        Bip01 * Forearm = *_elbow
         Bip01 * Hand = *_wrist
          Bip01 * Finger0 = *_elbow *_wrist 1.2
          Bip01 * Finger2 = *_elbow *_wrist 1.4
           Bip01 * Finger21 = *_elbow *_wrist 1.6
end
""",
    "unreal 5": """
root = origin
 pelvis = pelvis
  spine_01 = pelvis spine1 0.3
   spine_02 = spine1
    spine_03 = spine2
     spine_04 = spine3
      spine_05 = spine3 neck 0.3
       neck_01 = neck
        neck_02 = neck head 0.5
         head = head
sides l r
       clavicle_* = *_collar
        upperarm_* = *_shoulder
         lowerarm_* = *_elbow
          lowerarm_twist_01_* = *_elbow *_wrist 0.6
          hand_* = *_wrist
           middle_01_* = *_elbow *_wrist 1.4
            middle_02_* = *_elbow *_wrist 1.6
         upperarm_twist_01_* = *_shoulder *_elbow 0.3
end
sides l r
  thigh_* = *_hip
   calf_* = *_knee
    calf_twist_01_* = *_knee *_ankle 0.6
    foot_* = *_ankle
     ball_* = *_foot
   thigh_twist_01_* = *_hip *_knee 0.3
end
sides l r
 ik_foot_root_* = origin
  ik_foot_* = *_ankle
 ik_hand_root_* = origin
  ik_hand_* = *_wrist
end
""",
    "genesis 8": """
hip = pelvis
 pelvis = pelvis
sides l r
  *ThighBend = *_hip
   *ThighTwist = *_hip *_knee 0.5
    *Shin = *_knee
     *Foot = *_ankle
      *Metatarsals = *_ankle *_foot 0.4
       *Toe = *_foot
        *BigToe = *_ankle *_foot 1.2
      *Heel = *_ankle *_foot -0.2
end
 abdomenLower = spine1
  abdomenUpper = spine2
   chestLower = spine3
    chestUpper = spine3 neck 0.4
     neckLower = neck
      neckUpper = neck head 0.5
       head = head
        lEye = neck head 1.5
sides l r
     *Collar = *_collar
      *ShldrBend = *_shoulder
       *ShldrTwist = *_shoulder *_elbow 0.4
        *ForearmBend = *_elbow
         *ForearmTwist = *_elbow *_wrist 0.5
          *Hand = *_wrist
           *Mid1 = *_elbow *_wrist 1.4
end
""",
    "makehuman": """
root = pelvis
 spine05 = pelvis spine1 0.8
  spine04 = spine1
   spine03 = spine2
    spine02 = spine3
     spine01 = spine3 neck 0.4
      neck01 = neck
       neck02 = neck head 0.4
        head = head
sides L R
      clavicle.* = *_collar
       shoulder01.* = *_collar *_shoulder 0.8
        upperarm01.* = *_shoulder
         upperarm02.* = *_shoulder *_elbow 0.5
          lowerarm01.* = *_elbow
           lowerarm02.* = *_elbow *_wrist 0.5
            wrist.* = *_wrist
             finger3-1.* = *_elbow *_wrist 1.4
end
sides L R
 pelvis.* = pelvis *_hip 0.3
  upperleg01.* = *_hip
   upperleg02.* = *_hip *_knee 0.4
    lowerleg01.* = *_knee
     lowerleg02.* = *_knee *_ankle 0.5
      foot.* = *_ankle
       toe1-1.* = *_foot
        toe1-2.* = *_ankle *_foot 1.2
end
""",
    "character creator": """
RL_BoneRoot = origin
 CC_Base_Hip = pelvis
  CC_Base_Pelvis = pelvis
sides L R
   CC_Base_*_Thigh = *_hip
    CC_Base_*_Calf = *_knee
     CC_Base_*_Foot = *_ankle
      CC_Base_*_ToeBaseShareBone = *_foot
      CC_Base_*_ToeBase = *_foot
       CC_Base_*_BigToe1 = *_ankle *_foot 1.3
     CC_Base_*_KneeShareBone = *_knee
    CC_Base_*_ThighTwist01 = *_hip *_knee 0.3
end
  CC_Base_Waist = spine1
   CC_Base_Spine01 = spine2
    CC_Base_Spine02 = spine3
     CC_Base_NeckTwist01 = neck
      CC_Base_NeckTwist02 = neck head 0.5
       CC_Base_Head = head
sides L R
     CC_Base_*_Clavicle = *_collar
      CC_Base_*_Upperarm = *_shoulder
       CC_Base_*_UpperarmTwist01 = *_shoulder *_elbow 0.3
       CC_Base_*_Forearm = *_elbow
        CC_Base_*_Hand = *_wrist
         CC_Base_*_Mid1 = *_elbow *_wrist 1.4
end
""",
    "rigify without hands": """
DEF-spine = pelvis
 DEF-spine.001 = spine1
  DEF-spine.002 = spine2
   DEF-spine.003 = spine3
    DEF-spine.004 = neck
     DEF-spine.005 = neck head 0.5
      DEF-spine.006 = head
       DEF-spine.006_end = neck head 2.5
sides L R
    DEF-shoulder.* = *_collar
     DEF-upper_arm.* = *_shoulder
      DEF-upper_arm.*.001 = *_shoulder *_elbow 0.5
       DEF-forearm.* = *_elbow
        DEF-forearm.*.001 = *_elbow *_wrist 0.5
         DEF-forearm.*.001_end = *_wrist
end
sides L R
 DEF-pelvis.* = pelvis
  DEF-pelvis.*_end = pelvis *_hip 1.3
 DEF-thigh.* = *_hip
  DEF-thigh.*.001 = *_hip *_knee 0.5
   DEF-shin.* = *_knee
    DEF-shin.*.001 = *_knee *_ankle 0.5
     DEF-foot.* = *_ankle
      DEF-foot.*_end = *_foot
end
""",
}


def walking(frames: int = 61) -> np.ndarray:
    """(T, 22, 3) metres: the toy body bends its knees, spine and arms while it turns."""
    body = Puppet(frames)
    phase = 2 * np.pi * body.time
    body.z = body.time * 0.15
    body.yaw = 0.3 * body.time
    body.height = 0.86 + 0.03 * np.sin(phase)
    body.arm_flex = np.stack([25 * np.sin(phase), -25 * np.sin(phase)], 1)
    body.spine_pitch, body.spine_roll = 8 * np.sin(phase), 6 * np.cos(phase)
    body.elbow = body.elbow + 20 + 10 * np.sin(phase)[:, None]
    return body.joints()


def names_of(rig: str) -> dict[str, str]:
    """Role -> name of those of the 22 joints that a rig of `RIGS` has."""
    marks, before, middle, leg, arm = RIGS[rig].split("/")
    names = dict(zip(MIDDLE, middle.split(","), strict=True))
    for side, mark in zip(SIDES, marks.split(","), strict=True):
        for roles, words in zip(LIMBS, (leg, arm), strict=True):
            sided = (word.replace("*", mark) for word in words.split(","))
            names |= {f"{side}_{role}": word for role, word in zip(roles, sided, strict=True)}
    return {role: before + name for role, name in names.items() if name != "-"}


def rig_motion(names: dict[str, str], joints: np.ndarray, tree: bool = True) -> RawMotion:
    """Joints (T, 22, 3) under other names (role -> name), in centimetres, with the end sites of a BVH file."""
    ends = [("head", "neck", "head", 2.5)]
    for side in SIDES:
        ends += [
            (f"{side}_foot", f"{side}_ankle", f"{side}_foot", 1.4),
            (f"{side}_ankle", "", f"{side}_foot", 1.0),
        ]
        ends += [(f"{side}_wrist", f"{side}_elbow", f"{side}_wrist", 1.7)]
    points = {role: joints[:, ROLES.index(role)] for role in ROLES if role in names}
    parents = {role: _parent(role, names) for role in points}
    labels = dict(names)
    for role, start, end, share in ends:
        if role in names and role not in parents.values():
            a, b = (joints[:, ROLES.index(start or end)], joints[:, ROLES.index(end)])
            points[role + "_end"], parents[role + "_end"] = a + share * (b - a), role
            labels[role + "_end"] = names[role] + "_end"
    order = list(points)
    above = tuple(-1 if parents[role] is None else order.index(parents[role]) for role in order)
    positions = np.stack(list(points.values()), 1) * 100
    return raw_motion([labels[role] for role in order], positions, above if tree else None)


def _parent(role: str, names: dict[str, str]) -> str | None:
    above = T2M_SKELETON.parents[ROLES.index(role)]
    while above >= 0 and ROLES[above] not in names:
        above = T2M_SKELETON.parents[above]
    return ROLES[above] if above >= 0 else None


def tree_motion(tree: str, joints: np.ndarray, named: bool = True) -> RawMotion:
    """A rig of `TREES` with the motion of joints (T, 22, 3), in centimetres; named: False numbers the joints."""
    names: list[str] = []
    parents: list[int] = []
    places: list[np.ndarray] = []
    open_joints: list[tuple[int, int]] = []  # indent and index
    for line in _both_sides(TREES[tree].strip("\n").split("\n")):
        indent = len(line) - len(line.lstrip())
        name, place = (part.strip() for part in line.split("="))
        open_joints = [joint for joint in open_joints if joint[0] < indent]
        parents.append(open_joints[-1][1] if open_joints else -1)
        open_joints.append((indent, len(names)))
        names.append(name)
        places.append(_place(place.split(), joints))
    if not named:
        names = [f"J{parents[i]}_end" if name.endswith("_end") else f"J{i}" for i, name in enumerate(names)]
    return raw_motion(names, np.stack(places, 1) * 100, tuple(parents))


def _both_sides(lines: list[str]) -> list[str]:
    result: list[str] = []
    block: list[str] | None = None
    marks: list[str] = []
    for line in lines:
        if line.startswith("sides "):
            block, marks = [], line.split()[1:]
        elif line == "end":
            for side, mark in zip(SIDES, marks, strict=True):
                pairs = (sided.split("=") for sided in block or [])
                result += [f"{n.replace('*', mark)}={place.replace('*', side)}" for n, place in pairs]
            block = None
        else:
            (result if block is None else block).append(line)
    return result


def _place(words: list[str], joints: np.ndarray) -> np.ndarray:
    if words[0] in ("origin", "floor"):
        return joints[:, 0] * ((0, 0, 0) if words[0] == "origin" else (1, 0, 1))
    start, end = (joints[:, ROLES.index(word)] for word in (words[0], words[min(1, len(words) - 1)]))
    return start + float(words[2] if len(words) > 1 else 0) * (end - start)


def raw_motion(names: list[str], positions: np.ndarray, parents: tuple[int, ...] | None) -> RawMotion:
    """As the readers give it, at 20 frames a second."""
    return RawMotion(Path("clip"), "bvh" if parents else "joints", tuple(names), positions, 20.0, parents)
