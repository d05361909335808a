package view

import (
	"fmt"
	"html/template"
	"text/template/parse"
)

// check finds what a set of templates names and does not have: other
// templates, icons and assets written as literals.
func (e *Engine) check(set *template.Template) error {
	for _, t := range set.Templates() {
		if t.Tree == nil {
			continue
		}
		if err := e.checkNode(set, t.Tree.Root); err != nil {
			return fmt.Errorf("template %s: %w", t.Name(), err)
		}
	}
	return nil
}

func (e *Engine) checkNode(set *template.Template, node parse.Node) error {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		return e.checkAll(set, n.Nodes)
	case *parse.ActionNode:
		return e.checkNode(set, n.Pipe)
	case *parse.IfNode:
		return e.checkAll(set, []parse.Node{n.Pipe, n.List, n.ElseList})
	case *parse.RangeNode:
		return e.checkAll(set, []parse.Node{n.Pipe, n.List, n.ElseList})
	case *parse.WithNode:
		return e.checkAll(set, []parse.Node{n.Pipe, n.List, n.ElseList})
	case *parse.PipeNode:
		if n == nil {
			return nil
		}
		for _, command := range n.Cmds {
			if err := e.checkNode(set, command); err != nil {
				return err
			}
		}
	case *parse.CommandNode:
		if err := e.checkCall(n.Args); err != nil {
			return err
		}
		return e.checkAll(set, n.Args)
	case *parse.TemplateNode:
		if set.Lookup(n.Name) == nil {
			return fmt.Errorf("line %d: there is no template %q", n.Line, n.Name)
		}
		return e.checkNode(set, n.Pipe)
	}
	return nil
}

func (e *Engine) checkAll(set *template.Template, nodes []parse.Node) error {
	for _, n := range nodes {
		if err := e.checkNode(set, n); err != nil {
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
