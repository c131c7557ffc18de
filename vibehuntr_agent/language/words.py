"""Words that are no names, whatever their case, for telling who is meant in a message.

Not claimed: every English word. These are the commonest, and those of meals, places, days and plans.
"""

from __future__ import annotations

from typing import Final

NOT_NAMES: Final = frozenset(
    """
    im ive hes shes theyre thats whos haha hahaha hehe hmm hurray hooray phew oops ooh wow yikes yippee
    a able about absolutely according actual actually add address africa after afternoon afterwards again ago agree agreed ah aim
    alas all alone along already alright also although always am america among amount an and angry animal announcement another
    answer any anybody anyhow anyone anyplace anything anytime anyway anywhere apart apiece app appetite approval approve approves
    apr april are area aren argh around arrange arranging arrive art as asap asia ask asked asking at attendance attendees attn aug
    august aunt availability available away awesome awful baari baby back bad bank bar barbecue bars bbq bc bday be beach because
    become beer before begin beginning behind believe bell below berlin beside besides best bet between big bike birthday bistro bit
    board boat bonjour book booked boss both bottle bought bowling boy boys break breakfast brilliant bring bringing broke brother
    brunch btw budget build building bus business busy but by bye cafe cafes café cafés cake calendar call called calls came can
    cancel cannot cant car card care case cat catch celebration cent central cents ceremony certainly change changed changes chat
    cheap check cheers child children china choice choices choose christmas ciao cinema city class clock close closed closes club
    coffee cold colleague colleagues come comes coming common company complete completely concert constraints cook cooking cool
    correct correction cos could count couple course cousin crazy cream cup currently cuz dad daily dance dancing danke dark date
    dates daughter day days dead deal dear dec december decide decided decision definitely delete dentist desert deserve desk
    dessert details didn diet different difficult diner dining dinner dinners do does doesn dog dollar dollars don done doodle door
    dot double down draw drink drinks drive drop due dunno duration during each earlier earliest early earth easter easy eat eating
    eight eighteen eighth eighty either eleven england english enough entire especially espoo etc eu eur euro europe euros eve even
    evening evenings event ever every everybody everyone everywhere exactly example except excited excuse exhibition existing
    expensive expert export extra face facebook fact facts fair fairly family far fast father favorite favourite feb february feel
    feels few fifteen fifth fifty figure file film final finalise finalize finally find fine finish finished finishes finland first
    fish fit fits five fix fixed flat flexible flight floor folks follow following fond food foot football for force forget forgot
    form fortunately forty found four fourth france free french fresh fri friday fridays friend friends from fun funny further
    future fwd fyi game games garden gathering gbp gee general germany get gets getting girl girls give given gives giving glad go
    god goes going gone gonna good goodbye google got gotta grab gracias grand great greek green grill group guess guest guests
    guten guys gym hadn half hall hallo halloween hand hang hangout happen happy hard hardly has hasn hate have haven having he head
    hear heard hello help helsinki her here hers herself hey hi hike hiking him himself his hit hiya hmm hola hold holiday holidays
    home honest honestly hope hopefully host hot hour hours house how how's howdy however hr hrs huh hundred hungry husband i i'm
    idea ideas if ill imagine imo important impossible in incl include includes including indeed india indian inform inside
    instagram instead interested interesting internet invitation invite invited invites inviting ireland is isn issue it it's
    italian italy itinerary its itself jan january japan japanese jesus job join joined joining joins juice jul july jump jun june
    just kahvila keen keep kid kids kind kitchen knew know knows korea korean lady last lastly late lately later latest laugh law
    learn least leave leaves leaving left lemme length less let let's lets letter level library life light like liked likes limit
    line list listed listen little live lives living ll local location lol london long longer look looking looks lot lots lounge
    love lovely low luck lucky lunch lunches lunchtime ma mad made main major make makes making man manage many mar march mark
    market massive match mate mates matter max maximum may maybe me mean meaning means meant meat meet meeting meetings meets meetup
    men mention menu merci message met mexican mid midday midnight might mile milk min mind mine mins minute minutes miss mistake mm
    moment mon monday money month months mood moon more morning mornings most mother mountain move moved moves movie movies mr mrs
    ms much mum museum music must my n nah name named names near nearby nearly necessary need needed needs neither never new news
    newyear next nice night nights nine nineteen ninety no nobody noisy none noon nope nor normal normally north nos not note noted
    notes nothing notice nov november now nowhere number numbers nuts nyc o'clock obviously occasion oct october odd of off offer
    office often oh oi ok okay okey okie old omg on once one ones online only onto oops open opens opera opinion option optional
    options or order ordered organise organiser organize organizer original other others ought oulu our ours ourselves outdoors
    outing outside over own pair paris park part participant participants particular parties partner party pass past pax pay paying
    pays people per perfect perfectly perhaps person persons phone photo pick picnic pics picture piece pinch pizza pizzeria place
    places plan planned planning plans plant play played playing pleasant please pleased plenty pls plus plz pm point pool poor pop
    possibility possible possibly pound pounds pp practice prefer preferably preferred prefers presumably pretty previous price
    prices probably problem program programme project proper properly propose ps pub public pubs push put quarter question questions
    quick quickly quiet quite quote rain ramen range rather ravintola re reach read ready real really reason recently recommend red
    ref regards regular relax remember remembers remind remove reorder repeat reply request required reschedule reserve responsible
    rest restaurant restaurants result results return review rich ride right ring ristorante river road room round route rule run
    sad safe said same sat saturday saturdays save say saying says schedule schedules scheduling school score scotland sea search
    seat second see seems seen select send sense sent sep sept september serious seriously set settled setup seven several shall
    shan share she shift shop short shortly should shouldn show shows sick side sign silly similar simple simply since sincerely
    single sister sit site sitting situation six sixth sixty size skip skype sleep slot slots slow small smart smoke smth snack so
    solution solutions somebody somehow someone someplace sometime somewhere soon sooner sorry sort sorted sound sounds soup south
    spain spanish speak special specific spend spent splendid spoke sport sports spot spring square stage stand standing star start
    started starting starts state station stay stays steak step sth still stop stopped stops store story straight strange street
    strike strong stuff style sub subject such suddenly suggest suggested suggestion suggestions suit suits summer sun sunday super
    supper suppose supposed sure surely sushi swap sweet swim table take taken takes taking talk talking tall tally tampere task
    tasty tavern taxi tbh tea team teams tell tells ten tend tennis terms terrible test text texted thai than thank thankful thanks
    thanksgiving that that'd thats the theater theatre their theirs them themselves then there therefore these they thing things
    think thinking thinks third thirteen thirty this thnx those though thought thousand three through throwing thru thu thur thurs
    thursday thus thx ticket tickets tied till time times tired title to today todo together told tomorrow tonight too took top
    total touch toward towards town track train transport trattoria travel tree trip trips trouble true truly trust try trying tue
    tues tuesday turku turn turns tv twelve twenty twice two ty type u ugh uk unable unavailable uncle under understand
    unfortunately unless unlike unsure unticks until up update updated upon ur urgent us usa usd use used useful user usual usually
    utc vacation vantaa various vegan vegans vegetarian vegetarians veggie venue venues version via video view views visit visiting
    visits vote voted voter voters votes voting w wait waiter waiting wales walk walking wall wanna want wanted wanting wants warm
    was wasn watch water way ways we wear weather website wed wedding wednesday week weekday weekdays weekend weekends weeks weird
    welcome well went were weren west what whatever whatsapp when whenever where wherever whether which whichever while who whoever
    whole whom whose why wife wild will win wind window windows wine winner winning winter wise wish with within without woman women
    won wonder wonderful wondering word words work worked working works world worried worry worse worst worth would wouldn wow write
    writing wrong wrote xmas y'all ya yall yay yeah year years yep yes yesterday yet yo yoga york you young your yours yourself yup
    zero zone zoo zoom
    """.split()  # noqa: SIM905  a thousand quotes would hide the words
)
