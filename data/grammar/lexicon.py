"""The words of the stories: each slot's values with their weights, and the pronouns that follow.

Weights are uneven on purpose: a model that has only learned which words fit, and not how often they
come, stays above the entropy floor.
"""

from collections.abc import Callable

from data.grammar.engine import Bindings, SlotWeights


def _weights(text: str) -> dict[str, int]:
    """`"red 3 | dark blue 1"` as `{"red": 3, "dark blue": 1}`."""
    pairs = (entry.rsplit(maxsplit=1) for entry in text.split("|"))
    return {value.strip(): int(weight) for value, weight in pairs}


HE_NAMES = _weights(
    "Tim 9 | Ben 8 | Tom 8 | Max 7 | Sam 6 | Leo 5 | Jack 5 | Finn 4 | Otto 3"
    " | Hugo 3 | Pip 3 | Gus 2"
)
SHE_NAMES = _weights(
    "Mia 9 | Lily 8 | Sue 8 | Anna 7 | Lucy 6 | Zoe 5 | Ruby 5 | Emma 4 | Nora 3"
    " | Kate 3 | Dot 3 | Ivy 2"
)
NAMES = HE_NAMES | SHE_NAMES
ANIMALS = _weights(
    "dog 9 | cat 8 | fox 7 | rabbit 7 | bear 6 | mouse 6 | frog 4 | pig 4 | pony 3 | wolf 2"
)
HELPERS = _weights(
    "duck 8 | bird 8 | crow 7 | squirrel 6 | goat 5 | hen 5 | turtle 5 | horse 4 | beaver 3"
    " | sheep 3 | snail 2 | badger 2"
)

# What the story is about, one class per plot: only a kite flies away, only a train needs a wheel.
# No word is in two classes, so the plot's later sentences depend on the plot alone.
OBJECTS = {
    "toy": _weights(
        "ball 9 | doll 7 | drum 6 | book 6 | bell 5 | teddy 5 | flute 4 | whistle 4 | puppet 3"
        " | crown 3 | ring 3 | button 2 | mitten 2 | spoon 1"
    ),
    "flyer": _weights("kite 9 | balloon 7 | hat 5 | glider 4 | feather 3 | flag 2"),
    "machine": _weights(
        "train 8 | truck 7 | bike 6 | robot 5 | clock 4 | cart 4 | sled 3 | wagon 2"
    ),
    "gift": _weights(
        "shell 7 | stone 6 | flower 6 | cup 5 | marble 5 | pencil 4 | jar 4 | vase 3 | key 2"
    ),
    "vessel": _weights("basket 8 | bag 7 | box 5 | bowl 4 | bucket 3 | sack 2"),
    "clothes": _weights("scarf 7 | coat 6 | cape 5 | sweater 4 | vest 3 | ribbon 3 | cap 2"),
    "comfort": _weights("lamp 7 | blanket 6 | lantern 5 | pillow 4 | candle 3 | umbrella 3"),
    "building": _weights("castle 8 | fort 6 | tower 6 | house 5 | boat 5 | tent 3 | raft 2"),
    "tool": _weights("rope 8 | stick 6 | ladder 5 | net 4 | belt 3 | pole 3 | towel 2"),
}

_CHOICES = {
    "trait": _weights(
        "little 10 | happy 6 | kind 6 | brave 5 | shy 5 | clever 5 | curious 4 | quiet 4 | young 4"
        " | silly 3 | gentle 3 | sleepy 2 | proud 2"
    ),
    "home": _weights(
        "small house 7 | tall tree 4 | quiet village 5 | warm den 3 | little barn 3 | busy town 3"
        " | deep cave 1"
    ),
    "colour": _weights(
        "red 10 | blue 9 | green 7 | yellow 7 | pink 5 | white 4 | purple 4 | brown 3 | golden 3"
        " | silver 2"
    ),
    "weather": _weights(
        "sunny 8 | windy 6 | warm 5 | cold 5 | cloudy 4 | bright 4 | rainy 3 | foggy 2 | snowy 2"
    ),
    "time": _weights("day 8 | morning 6 | afternoon 4 | evening 2"),
    "place": _weights(
        "in the park 9 | in the garden 8 | in the woods 7 | by the river 6 | on the hill 6"
        " | at the beach 5 | near the pond 5 | on the farm 4 | in the meadow 4 | by the lake 4"
        " | at the market 3 | near the school 3 | by the road 2 | near the mill 1"
    ),
    "hiding": _weights(
        "under a bench 7 | behind a bush 7 | under the leaves 6 | behind a rock 5 | in the grass 5"
        " | inside a log 4 | under a bridge 4 | behind the gate 3 | in the mud 3 | inside a hole 2"
        " | between two trees 2"
    ),
    "perch": _weights(
        "a tall tree 9 | the roof 6 | an apple tree 5 | a high wall 4 | the church 2 | a tower 2"
    ),
    "sad": _weights("sad 9 | upset 5 | worried 4 | lonely 3 | unhappy 2"),
    "glad": _weights("happy 9 | glad 6 | proud 4 | thankful 3 | merry 2"),
    "giver": _weights("mother 7 | grandma 6 | father 5 | uncle 3 | aunt 3 | teacher 2"),
    "part": _weights("wheel 7 | screw 5 | spring 4 | handle 4"),
    "fixer": _weights("glue 7 | string 6 | tape 5 | a nail 4 | wire 3 | a hammer 2"),
    "dirt": _weights("mud 7 | dust 6 | sand 5 | snow 3 | moss 2"),
    "treat": _weights(
        "berries 8 | apples 7 | cookies 6 | nuts 5 | pears 4 | plums 3 | buns 3 | cherries 3"
    ),
    "need": _weights("hungry 9 | tired 5 | cold 4 | sick 2"),
    "fear": _weights(
        "the dark 9 | thunder 6 | deep water 4 | loud noises 4 | shadows 3 | the wind 3 | ghosts 2"
    ),
    "blow": _weights("the wind 8 | the rain 6 | a big wave 4 | a cow 3 | a storm 3"),
    "stuff": _weights("wood 7 | stones 6 | sticks 5 | sand 4 | clay 3 | straw 2"),
    "better": _weights("stronger 7 | taller 5 | better 5 | bigger 4"),
    "trap": _weights("a hole 7 | the mud 6 | a fence 4 | a well 3 | the ice 3"),
    "joy": _weights("danced 6 | clapped 6 | sang 5 | jumped 5 | laughed 4"),
    "meal": _weights("soup 7 | cake 7 | bread 5 | pie 4 | pancakes 3 | rice 2"),
    "night": _weights(
        "it was dark 8 | the sun went down 6 | dinner time 5 | bedtime 4 | the stars came out 3"
    ),
}


def _any_of(weights: dict[str, int]) -> SlotWeights:
    return lambda bindings: weights


def _kind_weights(bindings: Bindings) -> dict[str, int]:
    name = bindings.get("name")
    children = {"boy": name not in SHE_NAMES, "girl": name not in HE_NAMES}
    return {child: 18 for child, fits in children.items() if fits} | ANIMALS


def _name_weights(bindings: Bindings) -> dict[str, int]:
    return {"boy": HE_NAMES, "girl": SHE_NAMES}.get(bindings.get("kind", ""), NAMES)


def _friend_weights(bindings: Bindings) -> dict[str, int]:
    return {name: weight for name, weight in NAMES.items() if name != bindings.get("name")}


SLOTS: dict[str, SlotWeights] = {
    **{name: _any_of(weights) for name, weights in (_CHOICES | OBJECTS).items()},
    "kind": _kind_weights,
    "name": _name_weights,
    "friend": _friend_weights,
    "helper": _any_of(HELPERS),
}


def _pronoun(role: str, he: str, she: str) -> Callable[[Bindings], str]:
    # With nothing bound (the proof of unambiguity asks) either form will do: both are tried.
    return lambda bindings: he if bindings[role] in HE_NAMES else she


DERIVED: dict[str, Callable[[Bindings], str]] = {
    "he": _pronoun("name", "he", "she"),
    "He": _pronoun("name", "He", "She"),
    "him": _pronoun("name", "him", "her"),
    "his": _pronoun("name", "his", "her"),
    "His": _pronoun("name", "His", "Her"),
    "friend_he": _pronoun("friend", "he", "she"),
    "friend_him": _pronoun("friend", "him", "her"),
    "friend_his": _pronoun("friend", "his", "her"),
}
