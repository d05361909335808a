package view

import (
	"fmt"
	"html/template"
	"strings"

	"hearth/internal/money"
)

// Bar is one month of a chart. Kind: "" for past, "now", or "next" for what
// is only projected (drawn dashed).
type Bar struct {
	Label, Kind string
	Amount      money.Amount
}

// Chart is amounts side by side: the part "chart", with the same numbers as a
// table below it. Label says what is shown, for those who cannot see it.
type Chart struct {
	Label string
	Bars  []Bar
}

const (
	chartWidth, chartHeight                = 720.0, 260.0
	chartTop, chartBottom, chartLeft       = 18.0, 30.0, 52.0
	chartSteps                       int64 = 4
)

// SVG draws the chart; colours come from the stylesheet.
func (c Chart) SVG() template.HTML {
	if len(c.Bars) == 0 {
		return ""
	}
	step := c.step()
	full := float64(step * chartSteps)
	space := chartHeight - chartTop - chartBottom
	var out strings.Builder
	fmt.Fprintf(&out, `<svg class="chart" viewBox="0 0 %g %g" role="img" aria-label="%s">`,
		chartWidth, chartHeight, template.HTMLEscapeString(c.Label))
	for i := range chartSteps + 1 {
		y := chartHeight - chartBottom - float64(i*step)/full*space
		label := money.New(i*step, c.Bars[0].Amount.Currency).Short()
		fmt.Fprintf(&out, `<path class="grid" d="M%g %.1fH%g"/><text x="%g" y="%.1f" text-anchor="end">%s</text>`,
			chartLeft, y, chartWidth, chartLeft-8, y+4, template.HTMLEscapeString(label))
	}
	width := (chartWidth - chartLeft) / float64(len(c.Bars))
	for i, bar := range c.Bars {
		height := float64(max(0, bar.Amount.Minor)) / full * space
		x := chartLeft + width*float64(i) + width*.2
		fmt.Fprintf(&out, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="5"><title>%s: %s</title></rect>`+
			`<text x="%.1f" y="%g" text-anchor="middle">%[6]s</text>`,
			template.HTMLEscapeString(strings.TrimSpace("bar "+bar.Kind)), x, chartHeight-chartBottom-height, width*.6, height,
			template.HTMLEscapeString(bar.Label), template.HTMLEscapeString(bar.Amount.Format()), x+width*.3, chartHeight-10)
	}
	out.WriteString("</svg>")
	return template.HTML(out.String()) // #nosec G203 -- every text in it was escaped
}

// step is the distance of the lines: 1, 2 or 5 times a power of ten, whole
// units of the currency wherever the amounts reach that far.
func (c Chart) step() int64 {
	var highest int64 = 1
	for _, bar := range c.Bars {
		highest = max(highest, bar.Amount.Minor)
	}
	for power := int64(1); ; power *= 10 {
		for _, nice := range []int64{1, 2, 5} {
			if nice*power*chartSteps >= highest {
				return nice * power
			}
		}
	}
}
