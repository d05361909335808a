// Countries are named by the browser in the payer's language.
const codes = ('AD AE AT AU BE BG BR CA CH CL CN CO CR CY CZ DE DK EE ES FI FR GB GI GR HK HR HU IE IL IN IS IT JP KR LI LT LU LV MC MT MX MY NL NO NZ PE PH PL PT RO SE SG SI SK SM TH TR TW UA US UY VA VN ZA').split(' ');

export function countries(allowed = []) {
  const names = new Intl.DisplayNames([document.documentElement.lang], {type: 'region'});
  return (allowed.length ? allowed : codes).map((code) => [code, names.of(code)]).sort((a, b) => a[1].localeCompare(b[1]));
}
