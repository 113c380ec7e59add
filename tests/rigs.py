"""One motion of the toy body under the joint names, and with the extra joints, of rigs that people have."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dataset.motion_files.raw import RawMotion
from dataset.prepare.toy_body import Puppet
from utils.skeleton import T2M_SKELETON

ROLES = T2M_SKELETON.joint_names
MIDDLE, LIMBS = (
    ("pelvis", "spine1", "spine2", "spine3", "neck", "head"),
    (
        ("hip", "knee", "ankle", "foot"),
        ("collar", "shoulder", "elbow", "wrist"),
    ),
)
# Marks of left and right / middle: pelvis, three of the spine, neck, head / leg / arm. "*" is the mark of the side, "-"
# a joint that the rig lacks.
RIGS = {
    "mixamo": "Left,Right/mixamorig:Hips,mixamorig:Spine,mixamorig:Spine1,mixamorig:Spine2,mixamorig:Neck,mixamorig:Head/"
    "mixamorig:*UpLeg,mixamorig:*Leg,mixamorig:*Foot,mixamorig:*ToeBase/"
    "mixamorig:*Shoulder,mixamorig:*Arm,mixamorig:*ForeArm,mixamorig:*Hand",
    "3ds max biped": "L,R/Bip01,Bip01 Spine,Bip01 Spine1,Bip01 Spine2,Bip01 Neck,Bip01 Head/"
    "Bip01 * Thigh,Bip01 * Calf,Bip01 * Foot,Bip01 * Toe0/"
    "Bip01 * Clavicle,Bip01 * UpperArm,Bip01 * Forearm,Bip01 * Hand",
    "biped 001": "L,R/Bip001 Pelvis,Bip001 Spine,Bip001 Spine1,Bip001 Spine2,Bip001 Neck,Bip001 Head/"
    "Bip001 * Thigh,Bip001 * Calf,Bip001 * Foot,Bip001 * Toe0/"
    "Bip001 * Clavicle,Bip001 * UpperArm,Bip001 * Forearm,Bip001 * Hand",
    "source engine": "L,R/ValveBiped.Bip01_Pelvis,ValveBiped.Bip01_Spine,ValveBiped.Bip01_Spine1,ValveBiped.Bip01_Spine2,"
    "ValveBiped.Bip01_Neck1,ValveBiped.Bip01_Head1/"
    "ValveBiped.Bip01_*_Thigh,ValveBiped.Bip01_*_Calf,ValveBiped.Bip01_*_Foot,ValveBiped.Bip01_*_Toe0/"
    "ValveBiped.Bip01_*_Clavicle,ValveBiped.Bip01_*_UpperArm,ValveBiped.Bip01_*_Forearm,ValveBiped.Bip01_*_Hand",
    "deepmotion": "l,r/hips_JNT,spine_JNT,spine1_JNT,spine2_JNT,neck_JNT,head_JNT/"
    "*_upleg_JNT,*_leg_JNT,*_foot_JNT,*_toebase_JNT/*_shoulder_JNT,*_arm_JNT,*_forearm_JNT,*_hand_JNT",
    "arkit": "left,right/hips_joint,spine_1_joint,spine_3_joint,spine_5_joint,neck_1_joint,head_joint/"
    "*_upLeg_joint,*_leg_joint,*_foot_joint,*_toes_joint/"
    "*_shoulder_1_joint,*_arm_joint,*_forearm_joint,*_hand_joint",
    "genea": "l,r/b_root,b_spine0,b_spine1,b_spine2,b_neck0,b_head/b_*_upleg,b_*_leg,b_*_foot,b_*_ball/"
    "b_*_shoulder,b_*_arm,b_*_forearm,b_*_wrist",
    "vrm": "L,R/J_Bip_C_Hips,J_Bip_C_Spine,J_Bip_C_Chest,J_Bip_C_UpperChest,J_Bip_C_Neck,J_Bip_C_Head/"
    "J_Bip_*_UpperLeg,J_Bip_*_LowerLeg,J_Bip_*_Foot,J_Bip_*_ToeBase/"
    "J_Bip_*_Shoulder,J_Bip_*_UpperArm,J_Bip_*_LowerArm,J_Bip_*_Hand",
    "vrm humanoid": "left,right/hips,spine,chest,upperChest,neck,head/*UpperLeg,*LowerLeg,*Foot,*Toes/"
    "*Shoulder,*UpperArm,*LowerArm,*Hand",
    "soma": "Left,Right/Hips,Spine1,Spine2,Chest,Neck1,Head/*Leg,*Shin,*Foot,*ToeBase/*Shoulder,*Arm,*ForeArm,*Hand",
    "kinect 2": "Left,Right/SpineBase,SpineMid,-,SpineShoulder,Neck,Head/Hip*,Knee*,Ankle*,Foot*/"
    "-,Shoulder*,Elbow*,Wrist*",
    "kinect 1": "Left,Right/HipCenter,Spine,-,-,ShoulderCenter,Head/Hip*,Knee*,Ankle*,Foot*/-,Shoulder*,Elbow*,Wrist*",
    "azure kinect": "LEFT,RIGHT/PELVIS,SPINE_NAVEL,-,SPINE_CHEST,NECK,HEAD/HIP_*,KNEE_*,ANKLE_*,FOOT_*/"
    "CLAVICLE_*,SHOULDER_*,ELBOW_*,WRIST_*",
    "unreal": "l,r/pelvis,spine_01,spine_02,spine_03,neck_01,head/thigh_*,calf_*,foot_*,ball_*/"
    "clavicle_*,upperarm_*,lowerarm_*,hand_*",
    "character creator": "L,R/CC_Base_Hip,CC_Base_Waist,CC_Base_Spine01,CC_Base_Spine02,CC_Base_NeckTwist01,CC_Base_Head/"
    "CC_Base_*_Thigh,CC_Base_*_Calf,CC_Base_*_Foot,CC_Base_*_ToeBase/"
    "CC_Base_*_Clavicle,CC_Base_*_Upperarm,CC_Base_*_Forearm,CC_Base_*_Hand",
    "makehuman": "L,R/root,spine05,spine04,spine01,neck01,head/upperleg01.*,lowerleg01.*,foot.*,toe1-1.*/"
    "clavicle.*,upperarm01.*,lowerarm01.*,wrist.*",
    "makehuman cmu": "Left,Right/Hips,LowerBack,Spine,Spine1,Neck,Head/*UpLeg,*Leg,*Foot,*ToeBase/*Shoulder,*Arm,*ForeArm,*Hand",
    "makehuman game": "l,r/pelvis,spine_01,spine_02,spine_03,neck_01,head/thigh_*,calf_*,foot_*,ball_*/"
    "clavicle_*,upperarm_*,lowerarm_*,hand_*",
    "genesis 8": "l,r/hip,abdomenLower,abdomenUpper,chestLower,neckLower,head/*ThighBend,*Shin,*Foot,*Toe/"
    "*Collar,*ShldrBend,*ForearmBend,*Hand",
    "genesis 9": "l,r/hip,spine1,spine2,spine3,neck1,head/*_thigh,*_shin,*_foot,*_toes/*_shoulder,*_upperarm,*_forearm,*_hand",
    "poser": "Left,Right/Hip,Abdomen,-,Chest,Neck,Head/*_Thigh,*_Shin,*_Foot,*_Toe/*_Collar,*_Shoulder,*_Forearm,*_Hand",
    "optitrack": "L,R/Hip,Ab,-,Chest,Neck,Head/*Thigh,*Shin,*Foot,*Toe/*Shoulder,*UArm,*FArm,*Hand",
    "optitrack with a name": "L,R/Anna_Hip,Anna_Ab,-,Anna_Chest,Anna_Neck,Anna_Head/Anna_*Thigh,Anna_*Shin,Anna_*Foot,Anna_*Toe/"
    "Anna_*Shoulder,Anna_*UArm,Anna_*FArm,Anna_*Hand",
    "rigify": "L,R/DEF-spine,DEF-spine.001,DEF-spine.002,DEF-spine.003,DEF-spine.004,DEF-spine.006/"
    "DEF-thigh.*,DEF-shin.*,DEF-foot.*,DEF-toe.*/DEF-shoulder.*,DEF-upper_arm.*,DEF-forearm.*,DEF-hand.*",
    "zed": "LEFT,RIGHT/PELVIS,SPINE_1,SPINE_2,SPINE_3,NECK,HEAD/*_HIP,*_KNEE,*_ANKLE,*_BIG_TOE/"
    "*_CLAVICLE,*_SHOULDER,*_ELBOW,*_WRIST",
    "blender": "L,R/hips,spine,chest,chest.001,neck,head/thigh.*,shin.*,foot.*,toe.*/shoulder.*,upper_arm.*,forearm.*,hand.*",
    "perception neuron": "Left,Right/Hips,Spine,Spine1,Spine2,Neck,Head/*UpLeg,*Leg,*Foot,-/*Shoulder,*Arm,*ForeArm,*Hand",
    "xsens": "Left,Right/Hips,Chest,Chest2,Chest4,Neck,Head/*Hip,*Knee,*Ankle,*Toe/*Collar,*Shoulder,*Elbow,*Wrist",
    "xsens segments": "Left,Right/Pelvis,L5,L3,T8,Neck,Head/*UpperLeg,*LowerLeg,*Foot,*Toe/*Shoulder,*UpperArm,*ForeArm,*Hand",
    "vicon": "Left,Right/Anna:Solving:Hips,Anna:Solving:Spine,Anna:Solving:Spine1,Anna:Solving:Spine3,Anna:Solving:Neck,"
    "Anna:Solving:Head/Anna:Solving:*UpLeg,Anna:Solving:*Leg,Anna:Solving:*Foot,Anna:Solving:*ToeBase/"
    "Anna:Solving:*Shoulder,Anna:Solving:*Arm,Anna:Solving:*ForeArm,Anna:Solving:*Hand",
    "rokoko": "Left,Right/Hips,Spine1,Spine2,Spine4,Neck,Head/*Thigh,*Shin,*Foot,*Toe/*Shoulder,*Arm,*ForeArm,*Hand",
    "lafan": "Left,Right/Hips,Spine,Spine1,Spine2,Neck,Head/*UpLeg,*Leg,*Foot,*Toe/*Shoulder,*Arm,*ForeArm,*Hand",
    "smpl in blender": "L,R/m_avg_Pelvis,m_avg_Spine1,m_avg_Spine2,m_avg_Spine3,m_avg_Neck,m_avg_Head/"
    "m_avg_*_Hip,m_avg_*_Knee,m_avg_*_Ankle,m_avg_*_Foot/m_avg_*_Collar,m_avg_*_Shoulder,m_avg_*_Elbow,m_avg_*_Wrist",
    "second life": "Left,Right/mPelvis,mTorso,-,mChest,mNeck,mHead/mHip*,mKnee*,mAnkle*,mFoot*/"
    "mCollar*,mShoulder*,mElbow*,mWrist*",
    "roblox": "Left,Right/LowerTorso,-,UpperTorso,-,-,Head/*UpperLeg,*LowerLeg,*Foot,-/-,*UpperArm,*LowerArm,*Hand",
    "auto-rig pro": "l,r/root.x,spine_01.x,spine_02.x,spine_03.x,neck.x,head.x/thigh_stretch.*,leg_stretch.*,foot.*,toes_01.*/"
    "shoulder.*,arm_stretch.*,forearm_stretch.*,hand.*",
    "advanced skeleton": "L,R/Root_M,Spine1_M,Spine2_M,Chest_M,Neck_M,Head_M/Hip_*,Knee_*,Ankle_*,Toes_*/"
    "Scapula_*,Shoulder_*,Elbow_*,Wrist_*",
    "humanik character": "Left,Right/Character1_Hips,Character1_Spine,Character1_Spine1,Character1_Spine2,Character1_Neck,"
    "Character1_Head/Character1_*UpLeg,Character1_*Leg,Character1_*Foot,Character1_*ToeBase/"
    "Character1_*Shoulder,Character1_*Arm,Character1_*ForeArm,Character1_*Hand",
    "mediapipe": "left,right/-,-,-,-,-,-/*_hip,*_knee,*_ankle,*_foot_index/-,*_shoulder,*_elbow,*_wrist",
    "lower case": "l,r/pelvis,spine,spine1,spine2,neck,head/*femur,*tibia,*foot,*toes/*clavicle,*humerus,*radius,*hand",
    "side behind": "l,r/hips,spine,spine1,spine2,neck,head/upleg*,lowleg*,foot*,toe*/collar*,uparm*,lowarm*,hand*",
    "mmd": "左,右/センター,上半身,上半身2,上半身3,首,頭/*足,*ひざ,*足首,*つま先/*肩,*腕,*ひじ,*手首",
    "russian": "Л,П/Таз,Хребет,Хребет1,Хребет2,Шея,Голова/Бедро*,Голень*,Стопа*,Носок*/Плечо*,Рука*,Локоть*,Кисть*",
    "french": "Gauche,Droite/Bassin,Dos,Dos1,Dos2,Cou,Tete/Cuisse*,Mollet*,Pied*,Orteils*/Epaule*,Bras*,AvantBras*,Main*",
    "arabic": "يسار,يمين/حوض,عمود1,عمود2,عمود3,رقبة,رأس/فخذ_*,ساق_*,قدم_*,اصابع_*/ترقوة_*,عضد_*,ساعد_*,يد_*",
    "numbers": "1,2/Joint_0,Joint_1,Joint_2,Joint_3,Joint_4,Joint_5/Joint_1*1,Joint_1*2,Joint_1*3,Joint_1*4/"
    "Joint_2*1,Joint_2*2,Joint_2*3,Joint_2*4",
}


def walking(frames: int = 61) -> np.ndarray:
    """(T, 22, 3) metres: the toy body turns and walks with bent knees and swinging arms."""
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
    """Name of each of the 22 joints that a rig of `RIGS` has."""
    marks, middle, leg, arm = RIGS[rig].split("/")
    names = dict(zip(MIDDLE, middle.split(","), strict=True))
    for side, mark in zip(("left", "right"), marks.split(","), strict=True):
        for roles, words in zip(LIMBS, (leg, arm), strict=True):
            names |= {
                f"{side}_{role}": word.replace("*", mark)
                for role, word in zip(roles, words.split(","), strict=True)
            }
    return {role: name for role, name in names.items() if name != "-"}


def motion_of(
    names: dict[str, str], joints: np.ndarray, more: dict[str, tuple[str, str, str, float]], tree: bool = True
) -> RawMotion:
    """The motion under other names, in centimetres, with end sites as a BVH file has them.

    more: name -> (its parent's name, roles a and b, t) of further points at a + t (b - a); a joint of the rig whose
    role is "b" and whose parent is the further point's parent is hung on it where t is between 0 and 1.
    """
    points = {name: joints[:, ROLES.index(role)] for role, name in names.items()}
    parents: dict[str, str | None] = {}
    for role, name in names.items():
        above = T2M_SKELETON.parents[ROLES.index(role)]
        while above >= 0 and ROLES[above] not in names:
            above = T2M_SKELETON.parents[above]
        parents[name] = names[ROLES[above]] if above >= 0 else None
    for name, (parent, a, b, share) in more.items():
        start, end = joints[:, ROLES.index(a)], joints[:, ROLES.index(b)]
        points[name], parents[name] = start + share * (end - start), parent or None
        if 0 <= share < 1 and b in names and names[b] != name and parents[names[b]] == (parent or None):
            parents[names[b]] = name
    for role, (below, share) in {
        "head": ("neck", 2.5),
        "left_wrist": ("left_elbow", 1.7),
        "right_wrist": ("right_elbow", 1.7),
        "left_foot": ("left_ankle", 1.4),
        "right_foot": ("right_ankle", 1.4),
        "left_ankle": ("", 0),
        "right_ankle": ("", 0),
    }.items():
        if role in names and names[role] not in parents.values():
            index = ROLES.index(role)
            end = (
                joints[:, ROLES.index(role.replace("ankle", "foot"))]
                if not below
                else joints[:, ROLES.index(below)]
                + share * (joints[:, index] - joints[:, ROLES.index(below)])
            )
            points[names[role] + "_end"], parents[names[role] + "_end"] = end, names[role]
    order: list[str] = []
    while len(order) < len(points):
        order += [n for n in points if n not in order and (parents[n] is None or parents[n] in order)]
    above = tuple(-1 if parents[n] is None else order.index(parents[n]) for n in order)
    positions = np.stack([points[n] for n in order], 1) * 100
    return RawMotion(
        Path("clip.bvh"), "bvh" if tree else "joints", tuple(order), positions, 20.0, above if tree else None
    )
