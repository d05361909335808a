// Package web holds what browsers and mail readers get: page and mail
// templates, the stylesheet and scripts, icons, and the photographs of the
// demo homes. It has no code; internal/view reads it.
package web

import "embed"

// FS holds static (served), templates (rendered) and icons (inlined). "all:"
// takes in mail/_layout.html, which a plain pattern would leave out.
//
//go:embed static all:templates icons
var FS embed.FS

// Demo holds the photographs of the demo homes, as demo/*.jpg.
//
//go:embed demo
var Demo embed.FS
