package demo

import (
	"cmp"

	"hearth/internal/listing"
	"hearth/internal/money"
)

// home is one demo home. The addresses do not exist.
type home struct {
	owner, title, city            string
	kind                          listing.Kind
	text, rules                   string
	street, postal                string
	lat, lon                      float64
	guests, bedrooms, beds, baths int // baths are halves
	amenities, photos             []string
	cover                         string // what is on the first photo
	night, cleaning               int64
	weekly                        money.BasisPoints
	least                         int
	policy                        listing.Policy
	mode                          listing.BookingMode // "": booked at once
	blocks                        []block             // nights the owner keeps, from today
}

type block struct{ in, nights int }

func (h home) describe(l *listing.Listing) {
	l.Description, l.HouseRules = h.text, h.rules
	l.AddressLine1, l.PostalCode, l.Lat, l.Lon = h.street, h.postal, &h.lat, &h.lon
	l.Guests, l.Bedrooms, l.Beds, l.HalfBaths = h.guests, h.bedrooms, h.beds, h.baths
	l.Amenities = append([]string{"wifi", "kitchen", "heating", "coffee", "smoke_alarm", "fire_extinguisher"}, h.amenities...)
	l.CheckInFrom, l.CheckOutBy = "16:00", "10:00"
	l.CheckInInstructions = "The key is in the lockbox beside the door. You will find its code in your trip on the day you arrive, and we are a phone call away."
	l.NightlyPrice, l.CleaningFee, l.WeeklyDiscountBPS = h.night, h.cleaning, h.weekly
	l.MonthlyDiscountBPS = 2 * h.weekly
	l.MinNights, l.MaxNights, l.CancellationPolicy = h.least, 60, h.policy
	l.BookingMode = cmp.Or(h.mode, listing.Instant)
}

var shown = map[string]string{
	"living":  "Living room with a wall of glass",
	"bedroom": "Bedroom with a timber wall and a view of trees",
	"kitchen": "Kitchen island and dining table",
	"deck":    "Fire pit on the deck in the evening",
	"loft":    "Bright room under the roof",
	"bath":    "Bathroom with a free-standing tub",
}

func (h home) alt(photo string) string {
	if alt := shown[photo]; alt != "" {
		return alt
	}
	return h.cover
}

const quiet = "No smoking inside. Quiet from 10 pm, so that the neighbours stay friends. Please leave the kitchen as you found it."

var homes = []home{
	{owner: Owner, title: "Lakeside A-frame with a private dock", city: "South Lake Tahoe", kind: "cabin",
		text: "A black-timbered A-frame under tall pines, with a wall of glass that looks straight down the lake. Wake up to still water, make coffee on the deck, and take the canoe out before anyone else is up.\n\n" +
			"Inside: a bright double-height living room with a wood stove, a kitchen made for long dinners, and a sleeping loft with the best view in the house. In the evening, light the fire pit and watch the mountains go pink.",
		rules: quiet, street: "12 Stillwater Landing", postal: "96150", lat: 38.9412, lon: -119.9788,
		guests: 6, bedrooms: 3, beds: 4, baths: 4, amenities: []string{"waterfront", "boats", "fireplace", "parking", "washer", "workspace", "pets", "mountain_view"},
		photos: []string{"aframe", "living", "bedroom", "kitchen", "deck"}, cover: "Black A-frame cabin by a lake at dusk, with a dock and a red canoe",
		night: 31200, cleaning: 12000, weekly: 1000, least: 2, policy: listing.Moderate, blocks: []block{{12, 3}, {40, 4}}},
	{owner: SecondOwner, title: "Glass desert house with a pool", city: "Joshua Tree", kind: "house",
		text: "Low, long and almost all glass: the desert comes right up to the terrace. Swim at noon, read in the shade, and count the stars from the water.\n\n" +
			"Two bedrooms face the sunrise. The kitchen opens onto the pool, and the fire pit is stocked.",
		rules: quiet + " Scorpions live here too: shake out your shoes.", street: "4 Ocotillo Flats", postal: "92252", lat: 34.1331, lon: -116.3117,
		guests: 4, bedrooms: 2, beds: 2, baths: 4, amenities: []string{"pool", "air_conditioning", "parking", "washer", "workspace", "tv", "ev_charger"},
		photos: []string{"desert", "loft", "bath", "kitchen"}, cover: "Low modern house with a pool in the desert",
		night: 26800, cleaning: 11000, weekly: 800, least: 2, policy: listing.Flexible, blocks: []block{{20, 2}}},
	{owner: Owner, title: "Clifftop cedar house over the Pacific", city: "Big Sur", kind: "house",
		text: "Cedar and glass on a grassy cliff, with nothing but air between you and the whales. The hot tub faces the sunset; the fog comes up to the windows and goes again.\n\n" +
			"Four quiet bedrooms, a kitchen with a view, and a path down to a beach that few people know.",
		rules: quiet + " Mind the cliff: children only with grown-ups outside.", street: "88 Kelp Ridge", postal: "93920", lat: 36.2714, lon: -121.8081,
		guests: 8, bedrooms: 4, beds: 5, baths: 6, amenities: []string{"hot_tub", "fireplace", "parking", "washer", "workspace", "beach"},
		photos: []string{"cliff", "loft", "kitchen", "bath"}, cover: "Cedar house on a grassy cliff above the sea",
		night: 54000, cleaning: 18000, weekly: 500, least: 3, policy: listing.Strict, mode: listing.OnRequest, blocks: []block{{8, 5}}},
	{owner: Owner, title: "Treehouse among the oaks", city: "Yosemite West", kind: "treehouse",
		text: "Up a spiral stair and over a little bridge: two round-windowed bedrooms in the branches, with a swing below and string lights at night.\n\n" +
			"The park gate is twenty minutes away. Owls are nearer.",
		rules: quiet + " Not for people who walk in their sleep.", street: "7 Acorn Bridge", postal: "95389", lat: 37.6483, lon: -119.7212,
		guests: 4, bedrooms: 2, beds: 3, baths: 2, amenities: []string{"parking", "mountain_view", "garden"},
		photos: []string{"treehouse", "bedroom", "living", "deck"}, cover: "Wooden treehouse with string lights",
		night: 22800, cleaning: 8000, weekly: 1000, least: 1, policy: listing.Moderate},
	{owner: Owner, title: "Log chalet at the foot of the slopes", city: "Mammoth Lakes", kind: "cabin",
		text: "Thick logs, deep snow, and a fire that is laid before you arrive. The lift is a five-minute walk in ski boots; the hot chocolate is nearer.\n\n" +
			"Room for two families, with a boot room that dries everything by morning.",
		rules: quiet, street: "31 Powder Lane", postal: "93546", lat: 37.6485, lon: -118.9721,
		guests: 10, bedrooms: 4, beds: 7, baths: 6, amenities: []string{"fireplace", "parking", "washer", "tv", "hot_tub", "mountain_view"},
		photos: []string{"chalet", "living", "kitchen", "bedroom", "deck"}, cover: "Log chalet with lit windows in the snow",
		night: 35600, cleaning: 15000, weekly: 700, least: 2, policy: listing.Strict, blocks: []block{{33, 7}}},
	{owner: SecondOwner, title: "Farmhouse between the vines", city: "Napa", kind: "house",
		text: "White boards, green shutters, and rows of vines to the hills. There is a long table under the walnut tree, and the neighbours bring tomatoes.\n\n" +
			"Bikes are in the barn; three tasting rooms are within an easy ride.",
		rules: quiet + " The vines are somebody's living: please do not pick.", street: "210 Old Cask Road", postal: "94558", lat: 38.3009, lon: -122.2866,
		guests: 6, bedrooms: 3, beds: 3, baths: 5, amenities: []string{"vineyard", "bikes", "garden", "air_conditioning", "parking", "washer", "fireplace"},
		photos: []string{"vineyard", "kitchen", "bath", "bedroom"}, cover: "White farmhouse with shutters and a vineyard",
		night: 41800, cleaning: 14000, weekly: 1000, least: 2, policy: listing.Moderate, blocks: []block{{15, 2}}},
	{owner: Owner, title: "Black cabin in the redwoods", city: "Mendocino", kind: "cabin",
		text: "A small black box that glows between trunks as wide as cars. Rain on the roof, cedar in the tub, no light but the stove's.\n\n" +
			"The coast is ten minutes down the road; the trail starts at the door.",
		rules: quiet, street: "5 Fern Hollow", postal: "95460", lat: 39.3121, lon: -123.7865,
		guests: 4, bedrooms: 2, beds: 2, baths: 2, amenities: []string{"hot_tub", "fireplace", "parking", "pets"},
		photos: []string{"redwood", "bath", "bedroom", "living"}, cover: "Small black cabin glowing between redwood trunks",
		night: 24600, cleaning: 9000, weekly: 1200, least: 2, policy: listing.Flexible},
	{owner: Owner, title: "Painted townhouse near Alamo Square", city: "San Francisco", kind: "townhouse",
		text: "Three floors of pastel wood on a hill, with bay windows that catch the morning. Parks, bakeries and three bus lines are within a walk.\n\n" +
			"The top floor is a study with a view of the bridge on clear days.",
		rules: quiet + " The walls are thin on the bay side.", street: "640 Fillgrove Street", postal: "94117", lat: 37.7763, lon: -122.4346,
		guests: 6, bedrooms: 3, beds: 3, baths: 5, amenities: []string{"washer", "workspace", "tv", "crib", "garden"},
		photos: []string{"townhouse", "loft", "kitchen", "bath"}, cover: "Row of pastel Victorian townhouses",
		night: 33400, cleaning: 13000, weekly: 500, least: 2, policy: listing.Moderate, blocks: []block{{5, 2}, {25, 3}}},
	{owner: SecondOwner, title: "White beach bungalow on the sand", city: "Encinitas", kind: "cottage",
		text: "Out of bed, over the porch, into the waves. A small white bungalow with palms on either side, four boards on the wall and an outdoor shower.\n\n" +
			"Two bedrooms, one long bench facing west.",
		rules: quiet + " Rinse the sand off outside.", street: "3 Driftwood Walk", postal: "92024", lat: 33.0441, lon: -117.2973,
		guests: 4, bedrooms: 2, beds: 3, baths: 2, amenities: []string{"beach", "waterfront", "boats", "parking", "washer", "step_free"},
		photos: []string{"beach", "loft", "bath", "bedroom"}, cover: "White beach bungalow with palms and a red umbrella",
		night: 29800, cleaning: 10000, weekly: 700, least: 2, policy: listing.Flexible, blocks: []block{{18, 4}}},
	{owner: SecondOwner, title: "Courtyard villa with a fountain", city: "Santa Barbara", kind: "villa",
		text: "Arches, tiles and bougainvillea around a fountain that you hear from every room. Four bedrooms open onto the courtyard, and the kitchen garden is yours to pick from.\n\n" +
			"State Street is a walk down the hill. The walk up is why the fountain has a bench.",
		rules: quiet, street: "19 Azulejo Court", postal: "93101", lat: 34.4217, lon: -119.7012,
		guests: 8, bedrooms: 4, beds: 5, baths: 7, amenities: []string{"garden", "pool", "air_conditioning", "parking", "washer", "tv", "gym"},
		photos: []string{"adobe", "bedroom", "living", "kitchen"}, cover: "Spanish courtyard villa with arches and bougainvillea",
		night: 46200, cleaning: 16000, weekly: 1000, least: 2, policy: listing.Strict},
}
