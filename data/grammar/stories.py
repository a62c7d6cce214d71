"""The story grammar: nine plots of six sentences each, in at most 64 words and marks.

A story introduces somebody, gives a thing or a want, an obstacle, a helper, a resolution and a
short closing. The thing and its colour, both names and the pronouns are met early and copied later,
which is where attention pays.
"""

import random

from data.grammar.engine import Grammar, Sample
from data.grammar.lexicon import DERIVED, SLOTS

RULES: dict[str, list[tuple[int, str]]] = {
    "story": [
        (6, "<opening> <have_toy> <lose> <search> <find> <ending>"),
        (5, "<opening> <play_flyer> <fly_away> <too_high> <fetch> <ending>"),
        (5, "<opening> <have_machine> <break> <ask> <mend> <ending>"),
        (4, "<opening> <want_gift> <pick_gift> <clean> <give> <joyful_ending>"),
        (5, "<opening> <have_food> <meet> <think> <share> <joyful_ending>"),
        (4, "<opening> <wear> <stray> <call> <guide> <ending>"),
        (3, "<opening> <afraid> <trouble> <comfort> <dare> <ending>"),
        (4, "<opening> <build> <fall> <again> <rebuilt> <ending>"),
        (4, "<opening> <walk> <trapped> <reach> <free> <joyful_ending>"),
    ],
    "opening": [
        (7, "Once upon a time there was a {trait} {kind} named {name}."),
        (5, "Once there was a {trait} {kind} called {name}."),
        (4, "{name} was a {trait} {kind}."),
        (4, "In a {home} lived a {trait} {kind} named {name}."),
        (3, "This is the story of {name}, a {trait} {kind}."),
        (2, "Long ago there lived a {trait} {kind} named {name}."),
    ],
    # Lost and found.
    "have_toy": [
        (5, "{He} had a {colour} {toy} and loved it."),
        (4, "{His} {giver} gave {him} a {colour} {toy}."),
        (4, "{He} loved to play with {his} {colour} {toy}."),
        (2, "{His} best thing was a {colour} {toy}."),
    ],
    "lose": [
        (5, "One {weather} {time}, {he} lost it {place}."),
        (3, "But one {weather} {time} it was gone."),
        (3, "Then {he} dropped it {place} one {weather} {time}."),
    ],
    "search": [
        (4, "{name} was {sad} and asked {friend} the {helper} for help."),
        (3, '"Where is my {toy}?" {name} asked {friend} the {helper}.'),
        (3, "{friend} the {helper} saw that {name} was {sad}."),
        (2, "{He} cried until {friend} the {helper} came to help."),
    ],
    "find": [
        (5, "Together they found the {colour} {toy} {hiding}."),
        (4, "{friend} looked {hiding} and saw the {colour} {toy}."),
        (2, "The {colour} {toy} was {hiding} all along."),
    ],
    # Out of reach.
    "play_flyer": [
        (5, "One {weather} {time}, {he} took {his} {colour} {flyer} out."),
        (4, "{He} played {place} with a {colour} {flyer}."),
        (3, "{His} {giver} made {him} a {colour} {flyer}."),
    ],
    "fly_away": [
        (5, "But the wind blew it onto {perch}."),
        (3, "Suddenly it landed on {perch}."),
        (3, "It got stuck on {perch}."),
    ],
    "too_high": [
        (4, "{name} jumped and jumped, but could not reach it."),
        (3, '"It is too high!" cried {name}.'),
        (3, "{name} was {sad} and called for help."),
        (2, "{He} sat down and felt {sad}."),
    ],
    "fetch": [
        (5, "{friend} the {helper} brought the {colour} {flyer} down."),
        (3, "Then {friend} the {helper} pulled the {colour} {flyer} free."),
        (3, "Soon a {helper} named {friend} got the {colour} {flyer} back."),
    ],
    # Broken and mended.
    "have_machine": [
        (5, "{He} took {his} {colour} {machine} to school."),
        (4, "{His} {giver} gave {him} a {colour} {machine}."),
        (3, "Every {time} {he} played with a {colour} {machine}."),
    ],
    "break": [
        (5, "One {weather} {time} {place}, the {part} came off."),
        (3, "But {place} the {part} broke with a crack."),
        (2, "Then it hit a rock and lost a {part}."),
    ],
    "ask": [
        (4, '"Can you fix it?" {he} asked {friend} the {helper}.'),
        (4, "{name} felt {sad}, but {friend} the {helper} had {fixer}."),
        (3, "{He} ran to {friend} the {helper} for {fixer}."),
    ],
    "mend": [
        (5, "{friend} used {fixer} to mend the {colour} {machine}."),
        (3, "They put the {part} back on the {colour} {machine}."),
        (3, "Soon the {colour} {machine} was as good as new."),
    ],
    # A gift for a friend.
    "want_gift": [
        (5, "{He} wanted a gift for {his} friend {friend} the {helper}."),
        (3, "It was the birthday of {friend} the {helper}."),
        (2, "{His} friend {friend} the {helper} was {sad}."),
    ],
    "pick_gift": [
        (5, "{He} found a {colour} {gift} {place}."),
        (3, "{He} saw a {colour} {gift} for sale {place}."),
        (2, "{He} bought a {colour} {gift} with all {his} money."),
    ],
    "clean": [
        (4, "It was full of {dirt}, so {he} washed it."),
        (3, "{name} put it in a box with some {treat}."),
        (2, '"It is so pretty!" {he} said.'),
    ],
    "give": [
        (5, "{friend} loved the {colour} {gift} and {joy}."),
        (3, "When {friend} saw the {colour} {gift}, {friend_he} {joy}."),
        (2, "{name} gave {friend} the {colour} {gift} and a hug."),
    ],
    # Sharing.
    "have_food": [
        (5, "{He} had a {colour} {vessel} full of {treat}."),
        (3, "{His} {giver} filled a {colour} {vessel} with {treat}."),
        (2, "{He} picked {treat} and put them in a {colour} {vessel}."),
    ],
    "meet": [
        (5, "{He} met a {need} {helper} named {friend} {place}."),
        (4, "One {weather} {time} a {need} {helper} named {friend} came by."),
        (2, '"I am {need}," said {friend} the {helper}.'),
    ],
    "think": [
        (4, "{name} wanted to keep all the {treat}."),
        (3, '"These are mine," thought {name}.'),
        (3, "{name} felt {sad} for {friend}."),
    ],
    "share": [
        (5, "But {he} opened the {colour} {vessel} and shared the {treat}."),
        (3, "Then {he} gave {friend} half of the {colour} {vessel}."),
        (3, "So they ate from the {colour} {vessel} together."),
    ],
    # Finding the way home.
    "wear": [
        (5, "{He} always wore a {colour} {clothes}."),
        (3, "{His} {giver} made {him} a {colour} {clothes}."),
        (2, "One {weather} {time}, {he} put on a {colour} {clothes}."),
    ],
    "stray": [
        (5, "{He} walked too far and got lost {place}."),
        (3, "Then {he} ran after a butterfly and lost {his} way."),
        (2, "When {he} was {place}, it grew dark."),
    ],
    "call": [
        (4, '"Is anyone there?" {name} called.'),
        (3, "{name} felt {sad} and sat {hiding}."),
        (3, "{name} waited {hiding} and did not cry."),
    ],
    "guide": [
        (5, "{friend} the {helper} saw the {colour} {clothes} and took {him} home."),
        (3, "Then the {colour} {clothes} led {friend} the {helper} to {him}."),
        (2, "A {helper} named {friend} knew the {colour} {clothes} and helped {him}."),
    ],
    # Being brave.
    "afraid": [
        (5, "{He} was afraid of {fear}."),
        (3, "The only thing {he} feared was {fear}."),
        (2, "Only {fear} could make {him} cry."),
    ],
    "trouble": [
        (5, "One {weather} {time}, {he} hid {hiding}."),
        (3, "So {he} would not play {place}."),
        (2, "Every {time} {he} stayed at home alone."),
    ],
    "comfort": [
        (5, "{friend} the {helper} gave {him} a {colour} {comfort}."),
        (3, '"Take my {colour} {comfort}," said {friend} the {helper}.'),
        (2, "Then {friend} the {helper} came with a {colour} {comfort}."),
    ],
    "dare": [
        (5, "With the {colour} {comfort}, {name} was not afraid of {fear}."),
        (3, "{name} held the {colour} {comfort} and felt brave."),
        (2, "Now {he} had the {colour} {comfort} and feared nothing."),
    ],
    # Building again.
    "build": [
        (5, "{He} built a {colour} {building} {place}."),
        (3, "{He} and {friend} the {helper} built a {colour} {building}."),
        (2, "{He} made a {colour} {building} out of {stuff}."),
    ],
    "fall": [
        (5, "But {blow} knocked it down."),
        (3, "Then {blow} made it fall."),
        (2, "Soon {blow} broke it."),
    ],
    "again": [
        (4, '"We can build it again," said {friend} the {helper}.'),
        (3, "{name} was {sad}, but {friend} the {helper} had more {stuff}."),
        (3, "{friend} the {helper} helped {him} find more {stuff} {place}."),
    ],
    "rebuilt": [
        (5, "The new {colour} {building} was even {better}."),
        (3, "They used {stuff} and made the {colour} {building} {better} than before."),
        (2, "Soon {name} and {friend} sat in the {colour} {building}."),
    ],
    # To the rescue.
    "walk": [
        (5, "One {weather} {time} {he} walked {place}."),
        (3, "{He} heard a cry {place} one {weather} {time}."),
        (2, "{He} was {place} when {he} heard a cry."),
    ],
    "trapped": [
        (5, "{friend} the {helper} was stuck in {trap}."),
        (3, '"Help!" called {friend} the {helper} from {trap}.'),
        (2, "A {helper} named {friend} was caught in {trap}."),
    ],
    "reach": [
        (4, "{name} ran home to get a {colour} {tool}."),
        (4, "{name} found a {colour} {tool} {hiding}."),
        (2, '"Take my {colour} {tool}!" said {name}.'),
    ],
    "free": [
        (5, "{friend} held the {colour} {tool} and {name} pulled {friend_him} out."),
        (3, "With the {colour} {tool}, {friend} was soon free."),
        (2, "It was hard, but the {colour} {tool} saved {friend}."),
    ],
    # Closings.
    "ending": [
        (6, "They played until {night}."),
        (4, "{name} hugged {friend} and was {glad}."),
        (4, '"Thank you!" said {name}.'),
        (4, "After that they were best friends."),
        (3, "Then they went home and ate {meal}."),
        (2, "That night {name} slept with a smile."),
    ],
    "joyful_ending": [
        (4, '"Thank you!" said {friend}.'),
        (4, "They were friends for ever after."),
        (3, "{name} was {glad} and so was {friend}."),
        (3, "They sang until {night}."),
        (2, "{friend} gave {name} a big kiss."),
    ],
}

STORIES = Grammar(RULES, SLOTS, DERIVED)


def sample_story(rng: random.Random) -> Sample:
    """Draw one story with its exact log-probability."""
    return STORIES.sample(rng)


def log_probability(story: str) -> float:
    """Exact log p(story) in nats, from the text alone; `-inf` for what is not a story."""
    return STORIES.log_probability(story)
