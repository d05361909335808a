package view

import (
	"fmt"
	"html/template"
	"text/template/parse"
)

// complete gives a page the layouts and parts that it names, and those that they
// name, each in a copy of its own; the many others stay away, and what the page
// defines itself counts. What is named and is nowhere is an error: templates, and
// icons and assets written as literals.
func (e *Engine) complete(page, base *template.Template) error {
	for todo := page.Templates(); len(todo) > 0; todo = todo[1:] {
		err := e.check(todo[0], func(name string) bool {
			own, part := page.Lookup(name), base.Lookup(name)
			if own == nil && part != nil {
				own = template.Must(page.AddParseTree(name, part.Tree.Copy())) // refuses only after a page was rendered
				todo = append(todo, own)
			}
			return own != nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkBase finds the same mistakes in layouts and parts, those that no page
// names too. What they name may be a page's.
func (e *Engine) checkBase(base *template.Template, pages map[string]*template.Template) error {
	for _, t := range base.Templates() {
		err := e.check(t, func(name string) bool {
			for _, page := range pages {
				if page.Lookup(name) != nil {
					return true
				}
			}
			return base.Lookup(name) != nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// check looks at what one template names; exists answers for other templates.
func (e *Engine) check(t *template.Template, exists func(name string) bool) error {
	if t.Tree == nil {
		return nil
	}
	if err := e.checkNode(t.Tree.Root, exists); err != nil {
		return fmt.Errorf("template %s: %w", t.Name(), err)
	}
	return nil
}

func (e *Engine) checkNode(node parse.Node, exists func(name string) bool) error {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		return e.checkAll(n.Nodes, exists)
	case *parse.ActionNode:
		return e.checkNode(n.Pipe, exists)
	case *parse.IfNode:
		return e.checkAll([]parse.Node{n.Pipe, n.List, n.ElseList}, exists)
	case *parse.RangeNode:
		return e.checkAll([]parse.Node{n.Pipe, n.List, n.ElseList}, exists)
	case *parse.WithNode:
		return e.checkAll([]parse.Node{n.Pipe, n.List, n.ElseList}, exists)
	case *parse.PipeNode:
		if n == nil {
			return nil
		}
		for _, command := range n.Cmds {
			if err := e.checkNode(command, exists); err != nil {
				return err
			}
		}
	case *parse.CommandNode:
		if err := e.checkCall(n.Args); err != nil {
			return err
		}
		return e.checkAll(n.Args, exists)
	case *parse.TemplateNode:
		if !exists(n.Name) {
			return fmt.Errorf("line %d: there is no template %q", n.Line, n.Name)
		}
		return e.checkNode(n.Pipe, exists)
	}
	return nil
}

func (e *Engine) checkAll(nodes []parse.Node, exists func(name string) bool) error {
	for _, n := range nodes {
		if err := e.checkNode(n, exists); err != nil {
			return err
		}
	}
	return nil
}

// checkCall tries calls of icon and asset whose name is a literal.
func (e *Engine) checkCall(args []parse.Node) error {
	if len(args) < 2 {
		return nil
	}
	function, ok := args[0].(*parse.IdentifierNode)
	name, literal := args[1].(*parse.StringNode)
	if !ok || !literal {
		return nil
	}
	var err error
	switch function.Ident {
	case "icon":
		_, err = e.icons.inline(name.Text)
	case "asset":
		_, err = e.assets.url(name.Text)
	}
	return err
}
