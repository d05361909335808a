package listing

import "slices"

// Kind is what sort of building a home is.
type Kind string

// KindInfo is how a kind is called and drawn.
type KindInfo struct {
	Key          Kind
	Name, Plural string
	Icon         string // a name of web/icons
}

var kinds = []KindInfo{
	{"cabin", "Cabin", "Cabins", "tree-pine"},
	{"house", "House", "Houses", "house"},
	{"apartment", "Apartment", "Apartments", "building-2"},
	{"townhouse", "Townhouse", "Townhouses", "store"},
	{"villa", "Villa", "Villas", "castle"},
	{"cottage", "Cottage", "Cottages", "flower-2"},
	{"treehouse", "Treehouse", "Treehouses", "trees"},
	{"loft", "Loft", "Lofts", "layout-dashboard"},
	{"other", "Home", "Other homes", "sparkles"},
}

// Kinds are all kinds, in the order they are offered.
func Kinds() []KindInfo { return slices.Clone(kinds) }

func (k Kind) info() (KindInfo, bool) {
	for _, known := range kinds {
		if known.Key == k {
			return known, true
		}
	}
	return KindInfo{}, false
}

// Known reports whether there is such a kind.
func (k Kind) Known() bool { _, ok := k.info(); return ok }

// Name is the kind in words: "Cabin".
func (k Kind) Name() string { info, _ := k.info(); return info.Name }

// Amenity is something that a home has.
type Amenity struct{ Key, Name, Icon string }

var amenities = []Amenity{
	{"wifi", "Wifi", "wifi"},
	{"kitchen", "Kitchen", "cooking-pot"},
	{"parking", "Free parking", "square-parking"},
	{"washer", "Washer and dryer", "washing-machine"},
	{"heating", "Heating", "heater"},
	{"air_conditioning", "Air conditioning", "air-vent"},
	{"workspace", "Workspace", "laptop"},
	{"tv", "TV", "tv"},
	{"coffee", "Coffee maker", "coffee"},
	{"fireplace", "Fireplace", "flame"},
	{"pool", "Pool", "waves-ladder"},
	{"hot_tub", "Hot tub", "bath"},
	{"waterfront", "Waterfront", "waves"},
	{"beach", "Beach access", "umbrella"},
	{"boats", "Canoe or boards", "sailboat"},
	{"mountain_view", "Mountain view", "mountain-snow"},
	{"garden", "Garden", "flower-2"},
	{"vineyard", "Among vineyards", "grape"},
	{"bikes", "Bikes", "bike"},
	{"gym", "Gym", "dumbbell"},
	{"ev_charger", "EV charger", "zap"},
	{"pets", "Pets welcome", "dog"},
	{"crib", "Crib", "baby"},
	{"step_free", "Step-free access", "accessibility"},
	{"smoke_alarm", "Smoke alarm", "alarm-smoke"},
	{"fire_extinguisher", "Fire extinguisher", "fire-extinguisher"},
}

// Amenities are all amenities, in the order they are shown.
func Amenities() []Amenity { return slices.Clone(amenities) }

// AmenityOf finds an amenity by its key.
func AmenityOf(key string) (Amenity, bool) {
	for _, a := range amenities {
		if a.Key == key {
			return a, true
		}
	}
	return Amenity{}, false
}

// Offers are the home's amenities, in the order they are shown.
func (l Listing) Offers() []Amenity {
	var offers []Amenity
	for _, a := range amenities {
		if l.Has(a.Key) {
			offers = append(offers, a)
		}
	}
	return offers
}
