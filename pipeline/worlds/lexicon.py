"""The words of the simulated language, written by hand: 24 topics and what they share."""

from __future__ import annotations

from dataclasses import dataclass

# topic | agents | verbs | objects | preposition:place. No word occurs twice.
_TABLE = """
cooking | cook baker chef waiter | stirs kneads tastes serves | soup dough sauce bread butter | in:kitchen in:bakery at:oven
farming | farmer shepherd milkmaid ploughman | plants waters harvests weeds | wheat barley carrot pumpkin hay | in:field in:barn on:farm
sailing | sailor captain pilot deckhand | hoists lowers steers anchors | sail boat rope mast rudder | in:harbour on:deck at:pier
medicine | doctor nurse surgeon patient | examines heals bandages treats | wound fever knee shoulder bruise | in:hospital in:clinic in:ward
music | singer drummer pianist conductor | plays rehearses sings records | song melody waltz anthem tune | in:studio on:stage in:opera
school | teacher pupil student professor | explains studies recites corrects | lesson poem essay exam grammar | in:classroom in:college at:blackboard
sport | player coach referee goalkeeper | kicks throws catches passes | ball puck javelin discus baton | in:stadium in:gym on:pitch
law | judge lawyer witness juror | hears disputes settles presents | case appeal verdict contract alibi | in:court in:chamber at:tribunal
trade | merchant broker buyer vendor | sells buys weighs wraps | silk spice carpet lamp perfume | at:market in:shop in:bazaar
building | mason carpenter plumber roofer | builds repairs measures hammers | wall roof beam pipe staircase | on:scaffold in:workshop at:yard
painting | painter sculptor potter engraver | paints sketches frames varnishes | portrait canvas mural statue vase | in:gallery in:museum in:atelier
astronomy | astronomer stargazer physicist astronaut | observes charts photographs admires | comet planet star nebula eclipse | in:observatory on:hilltop in:planetarium
gardening | gardener florist botanist beekeeper | prunes trims sprays grafts | rose hedge tulip orchid ivy | in:garden in:greenhouse in:orchard
warfare | soldier general sergeant scout | guards attacks defends storms | fort bunker trench tower cannon | in:camp on:battlefield at:frontier
railway | driver passenger signalman porter | couples starts stops oils | train engine wagon carriage locomotive | at:station in:tunnel on:platform
fishing | fisherman angler diver trawlerman | hooks nets guts smokes | trout salmon eel crab herring | at:river at:lake on:shore
weaving | weaver tailor seamstress dyer | sews knits dyes hems | shirt scarf coat glove blanket | in:mill at:loom in:boutique
mining | miner foreman blaster geologist | digs drills hauls crushes | coal copper ore granite quartz | in:mine in:quarry in:shaft
theatre | actor actress director prompter | performs stages applauds rewrites | tragedy comedy scene drama monologue | in:playhouse in:foyer on:balcony
flying | aviator steward mechanic parachutist | flies lands boards refuels | plane glider helicopter balloon jet | at:airport in:hangar on:runway
printing | printer editor author publisher | prints edits binds reads | novel newspaper pamphlet atlas diary | in:library in:bookshop at:desk
hunting | hunter woodcutter ranger trapper | tracks shoots spots follows | deer boar fox wolf hare | in:forest in:cabin at:clearing
politics | mayor minister senator voter | proposes debates signs rejects | decree treaty budget reform tax | in:parliament in:embassy at:congress
circus | keeper tamer clown juggler | feeds strokes washes teaches | tiger monkey elephant parrot seal | in:zoo in:cage at:parade
"""  # noqa: E501 - one topic is one line

ADJECTIVES: tuple[str, ...] = (
    *("old", "young", "small", "tall", "happy", "tired"),
    *("famous", "heavy", "new", "fine", "strange", "broken"),
)
ADVERBS: tuple[str, ...] = ("slowly", "quickly", "carefully", "often", "never", "gladly", "rarely")
TIMES: tuple[str, ...] = ("today", "tonight")
PREPOSITIONS: tuple[str, ...] = ("in", "at", "on")


@dataclass(frozen=True)
class Topic:
    """The words of one topic.

    Parameters
    ----------
    name : str
    agents, verbs, objects, places : tuple of str
        Verbs stand in the third person present.
    prepositions : dict of str to str
        Place -> the preposition it takes.
    """

    name: str
    agents: tuple[str, ...]
    verbs: tuple[str, ...]
    objects: tuple[str, ...]
    places: tuple[str, ...]
    prepositions: dict[str, str]

    @property
    def words(self) -> tuple[str, ...]:
        """All words of the topic, by role."""
        return self.agents + self.verbs + self.objects + self.places


def _parse(line: str) -> Topic:
    name, agents, verbs, objects, places = (cell.strip() for cell in line.split("|"))
    located = [entry.split(":") for entry in places.split()]
    return Topic(
        name=name,
        agents=tuple(agents.split()),
        verbs=tuple(verbs.split()),
        objects=tuple(objects.split()),
        places=tuple(place for _, place in located),
        prepositions={place: preposition for preposition, place in located},
    )


LEXICON: dict[str, Topic] = {
    topic.name: topic for topic in map(_parse, _TABLE.strip().splitlines())
}
TOPICS: tuple[str, ...] = tuple(LEXICON)

# What a word can be in a sentence; articles and the full stop are no content words.
ROLES: dict[str, str] = {
    **{word: "agent" for topic in LEXICON.values() for word in topic.agents},
    **{word: "verb" for topic in LEXICON.values() for word in topic.verbs},
    **{word: "object" for topic in LEXICON.values() for word in topic.objects},
    **{word: "place" for topic in LEXICON.values() for word in topic.places},
    **dict.fromkeys(ADJECTIVES, "adjective"),
    **dict.fromkeys(ADVERBS, "adverb"),
    **dict.fromkeys(TIMES, "time"),
    **dict.fromkeys(PREPOSITIONS, "preposition"),
}
CONTENT_WORDS: tuple[str, ...] = tuple(ROLES)
