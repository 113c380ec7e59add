"""Words of everyday English that the rules know. `times` has expressions of time and amount, `tokens` puts them to use.

Each table has a meaning and the phrases that say it, joined by "|". A verb is listed in its base form: `tokens` knows
the others.
"""

from __future__ import annotations

VERBS = {
    "bend": "bend|flex|fold|curl|crook|tuck",
    "straighten": "straighten out|straighten up|straighten|unbend|extend|stretch out|stretch|lock",
    "raise": "raise up|raise|lift up|lift|put up|hold up|elevate|pick up",
    "lower": "lower down|lower|drop|put down|let down|take down|bring down|hang down|hang",
    "move": "move|bring|put|place|push|pull|shift|set|rest|position|lay",
    "reach": "reach out|reach|point",
    "keep": "keep|hold|leave|maintain",
    "spread": "spread out|spread|open up|open|separate|widen",
    "close": "close|join|narrow|clasp",
    "touch": "touch|grab|cover",
    "cross": "cross|fold up",
    "lean": "lean|tilt|incline",
    "bow": "bow down|bow|bend over|bend down",
    "crouch": "crouch down|crouch|squat down|squat|duck down|duck",
    "kneel": "kneel down|kneel|go down on",
    "stand": "stand up|stand|get up|rise",
    "stay": "stay|remain",
    "mirror": "mirror|flip",
    "freeze": "freeze",
    "turn": "turn|rotate|pivot",
    "face": "face",
    "walk": "walk|stroll|stride",
    "run": "run|jog|sprint",
    "step": "sidestep|step",
    "jump": "jump|hop|leap",
    "curve": "curve|veer|arc",
    "kick": "kick",
    "swing": "swing|flap",
    "look": "look|gaze|glance",
    "nod": "nod",
    "shake": "shake",
    "wave": "wave goodbye|wave hello|wave",
    "sit": "sit down|sit",
    "clap": "clap",
    "punch": "punch",
    "throw": "throw",
    "dance": "dance",
    "salute": "salute",
    "spin": "spin|twirl",
    "march": "march",
    "lunge": "lunge",
    "lie": "lie down",
    "hurry": "hurry up|hurry|speed up|accelerate|quicken",
    "slow": "slow down|slow|decelerate",
    "pause": "pause|wait|halt",
    "stop": "stop|quit|cease|avoid",
    "start": "start|begin",
    "end": "end|finish",
    "last": "last",
    "delay": "delay|postpone",
    "repeat": "repeat|loop",
    "reverse": "reverse|play backwards|play back to front",
    "cut": "cut out|cut off|cut|remove|delete|skip|trim|drop out|leave out",
    "swap": "swap|exchange|switch|interchange",
    "copy": "copy",
    "imitate": "imitate|mimic",
    "use": "use",
    "add": "add|insert|append|include",
    "enlarge": "enlarge|exaggerate|amplify|increase",
    "reduce": "reduce|decrease|diminish|shrink|dampen|damp",
    "play": "play",
}
# Say little by themselves: "make the steps longer", "do it again", "take a step", "go down".
LIGHT = "do|make|take|give|perform|execute|carry out|go|get|have|come|let"
# What also is the name of something that the clip shows: "a bigger step", "the wave".
NOUNS = (
    "bend lean bow crouch arc squat turn walk run step stride jump hop leap curve kick swing wave clap punch "
    "throw spin pause dance salute lunge rotation"
).split()
NOUN_VERBS = {"arc": "curve", "rotation": "turn", "stride": "step", "strides": "step", "rotations": "turn"}
PARTS = {
    "arm": "arm", "elbow": "elbow", "hand": "hand|wrist|fist|palm|finger", "forearm": "forearm|lower arm",
    "upper arm": "upper arm", "leg": "leg", "knee": "knee",
    "foot": "foot", "ankle": "ankle", "toe": "toe", "heel": "heel", "shoulder": "shoulder", "thigh": "thigh|lap",
    "head": "head", "face": "face", "mouth": "mouth|lip", "ear": "ear", "eye": "eye", "nose": "nose", "chin": "chin",
    "forehead": "forehead", "neck": "neck", "gaze": "gaze|eyes",
    "chest": "chest|breast", "stomach": "stomach|belly|abdomen|tummy", "waist": "waist", "hip": "hip|pelvis",
    "back": "back|spine", "side": "side", "ground": "ground|floor",
    "torso": "torso|trunk|upper body", "body": "body",
}  # fmt: skip
PLURALS = {"feet": "foot", "stance": "foot", "thighs": "thigh", "calves": "leg", "limbs": "limb"}
# Parts that come in twos: one of them needs its side.
PAIRED = ("arm", "elbow", "hand", "forearm", "upper arm", "leg", "knee", "foot", "ankle", "toe", "heel", "shoulder",
          "thigh", "ear", "eye")  # fmt: skip
DIRECTIONS = {
    "up": "at the ceiling|to the ceiling|towards the ceiling|toward the ceiling|at the sky|to the sky|towards the sky|"
          "toward the sky|straight upwards|upwards|upward|up into the air|up in the air|into the air|in the air|up",
    "down": "downwards|downward|back down|down",
    "forward": "straight ahead|to the front|forwards|forward|ahead|in front|straight forward|out in front",
    "back": "to the back|backwards|backward|behind|back",
    "left": "towards the left side|to the left side|to your left|to his left|to her left|to their left|"
            "to the left|towards the left|toward the left|leftwards|leftward|on the left side|on the left",
    "right": "towards the right side|to the right side|to your right|to his right|to her right|to their right|"
             "to the right|towards the right|toward the right|rightwards|rightward|on the right side|on the right",
    "out": "straight out to the sides|straight out to the side|out to the sides|out to the side|to the sides|to the side|"
           "sideways|sidewards|outwards|outward|out sideways|out",
    "in": "across the body|across the chest|across your body|inwards|inward|in",
    "closer": "closer to each other|closer together|towards each other|toward each other|nearer|closer|"
              "nearer to each other|nearer together",
    "together": "together|to each other|touching each other",
    "apart": "apart|away from each other|from each other",
    "straight": "in a straight line|straight on|straight|upright|stretched|straighter|more upright|more straight",
    "bent": "bent",
    "clockwise": "clockwise",
    "anticlockwise": "counterclockwise|counter clockwise|anticlockwise|anti clockwise",
    "around": "all the way around|around|round|about",
    "away": "away",
    "opposite": "the other way around|the other way round|the other way|the opposite way|in the other direction|"
                "in the opposite direction|to the opposite direction|to the other direction|"
                "to the other side|on the other side|to the opposite side|on the opposite side|"
                "in the opposite way|other way around|the opposite direction|the other direction|the other side|"
                "with the sides swapped",
    "place": "in place|on the spot|in one place|on one spot|in the same place|in the same spot|at one place",
    "circle": "in a full circle|in a circle|in circles",
    "ground": "towards the ground|toward the ground|at the ground|at the floor|to the ground|to the floor|"
              "towards the floor|closer to the ground|closer to the floor|nearer to the ground|near the ground",
}  # fmt: skip
RELATIONS = {
    "above": "up above|up over|above|over|higher than|on top of",
    "below": "below|under|underneath|lower than|beneath",
    "in front of": "in front of",
    "behind": "behind",
    "level": "up to the level of|to the level of|level with|at the height of|to the height of|up to the height of",
    "at": "at|by|beside|next to|alongside|along",
    "near": "closer to|close to|nearer to|near",
    "off": "off",
    "from": "further away from|farther away from|away from|further from|farther from|far from",
    "on": "onto|on|against",
    "to": "towards|toward|up to|down to|back to|to",
    "between": "between",
    "with": "with|using",
    "without": "without",
    "of": "of",
    "like": "like|as",
}  # fmt: skip
HEIGHT_WORDS = ("height", "level", "high")  # "to shoulder height"
DEGREES = {
    "slight": "just a little bit|just a little|just a bit|only slightly|a tiny bit|a little bit|a little|a bit|slightly|"
              "somewhat|gently|a touch|lightly|a tad|little",
    "much": "a great deal|a whole lot|a lot|very much|very|much|strongly|far|greatly|considerably|significantly|way",
    "full": "completely|fully|all the way|entirely|as far as possible|totally|as high as possible|maximally",
}  # fmt: skip
# Comparatives: (what is compared, sign). "high" and "wide" also give a direction, see tokens.
COMPARISONS = {
    ("much", 1): "more",
    ("much", -1): "less",
    ("deep", 1): "more deeply|more strongly|deeper|deeply|deep",
    ("deep", -1): "less deeply|shallower|less deep",
    ("far", 1): "further away|farther away|further|farther",
    ("far", -1): "less far",
    ("high", 1): "higher up|higher|taller|upper",
    ("high", -1): "less high",
    ("low", 1): "lower",
    ("low", -1): "less low",
    ("wide", 1): "further apart|farther apart|wider apart|more apart|wider|more widely",
    ("wide", -1): "narrower|less wide|less far apart",
    ("big", 1): "bigger|larger|greater|more exaggerated|more extreme|more wildly|wilder",
    ("big", -1): "smaller|less big|less exaggerated|subtler|more subtle|less extreme",
    ("long", 1): "longer",
    ("long", -1): "shorter|less long",
    ("speed", 1): "more quickly|more rapidly|more swiftly|faster|quicker",
    ("speed", -1): "less quickly|less fast|more slowly|slower",
    ("late", 1): "later|more late",
    ("late", -1): "earlier|sooner",
}
MANNERS = {
    "fast": "quickly|fast|swiftly|rapidly|quick|at a fast pace|at a quick pace",
    "slow": "slowly|at a slow pace|carefully",
    "still": "perfectly still|completely still|still|steady|motionless|fixed|unmoving|stationary|in that position|"
             "in the same position|constant",
    "wide": "widely|wide apart|wide",
    "high": "up high|high up|high",
    "tall": "tall",
    "small": "small|tiny|short",
    "big": "big|large|long",
    "reversed": "in reverse|back to front|backwards in time|in reverse order",
    "half": "halfway|half way",
}  # fmt: skip
FILLERS = set(
    "please kindly the a an his her your my their its it's is are be being been i we person person's figure figure's "
    "character character's man man's woman woman's guy he she they you shall should must will would could can need needs "
    "want wants to just simply some pose own so that and there him me us these this those actually really any "
    "one's both-of".split()
)
OWNERS = ("the", "your", "his", "her", "their", "my", "its", "one's")
WHOLE = (  # the clip itself
    "the whole motion|the entire motion|the whole movement|the motion|the movement|the movements|the action|the actions|"
    "this motion|this movement|this action|the clip|the whole clip|the animation|the activity|the sequence|the same|"
    "the same motion|the same action|the same movement|the same thing|everything|the whole thing|motion|movement|"
    "movements|action|the exercise|gesture|gestures|the gesture|the gestures|the whole action|it all|the whole body|"
    "the video|actions|the entire clip|the entire movement|the entire action|its movements"
)
PRONOUNS = "it|them|both of them|that"
COUNTS = {
    "once": 1, "twice": 2, "thrice": 3, "again": 2, "once more": 2, "one more time": 2, "another time": 2, "once again": 2,
    "two times": 2, "three times": 3, "four times": 4, "five times": 5, "six times": 6, "two more times": 3,
    "three more times": 4, "a second time": 2, "one time": 1, "several times": 3,
}  # fmt: skip
# "not as high", "don't ... so much": words that turn a denial into "less".
AS_ADJECTIVES = {
    "high": "less high", "low": "less low", "much": "less", "far": "less far", "deep": "less deeply",
    "deeply": "less deeply",
    "fast": "slower", "quickly": "slower", "slow": "faster", "slowly": "faster", "wide": "less wide", "big": "smaller",
    "large": "smaller", "long": "shorter", "strongly": "less", "early": "later", "late": "earlier", "soon": "later",
    "far apart": "less far apart", "hard": "less",
}  # fmt: skip
