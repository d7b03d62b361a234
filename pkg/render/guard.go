package render

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/template/parse"
)

// Limits of one render. Helm has two of its own: 1,000 levels of including one
// name, and what text/template allows; beyond them it ends in a stack overflow,
// which no program survives.
const (
	maxIncludes = 1000      // of one name within itself; Helm's own limit
	maxStack    = 128 << 20 // bytes by the estimates below; Go ends the process at 512 MiB
	maxText     = 256 << 20 // bytes written; what a named template writes counts again where it is included
	maxActions  = 100_000   // in one template: text/template parses nested ones by recursion
	maxPlain    = 100_000   // steps; after more, values may be nested deep enough for an overflow
)

// Bytes of stack that a level of each kind takes, measured and rounded up. A
// range takes less, but unwinding through n nested ones takes n*n steps.
const (
	costTemplate = 1 << 10
	costInclude  = 5 << 10
	costBlock    = 1 << 10
	costRange    = 64 << 10
)

const hintRecursion = "look for a template that includes itself, and for what should end it"

// Functions of the guard, which templates cannot name, and the template they are in.
const (
	guardName = "guard"
	funcTick  = "_tick"
	funcEnter = "_enter"
	funcLeave = "_leave"
)

// stop ends a render that has passed a limit.
type stop struct {
	message string
	hint    string
	timeout bool
	place   string // file:line:col of the template, when it is known
}

func (s *stop) Error() string { return s.message }

// errCareful ends a render that has to be done again with checked values.
var errCareful = &stop{message: "the values need a careful render"}

// run is the state of one render. All its runners share it.
type run struct {
	ctx      context.Context
	careful  bool
	included map[string]int // levels of each name within itself
	levels   []int          // cost of each template that was entered, for leave
	stack    int
	steps    int
	written  int
}

func newRun(ctx context.Context, careful bool) *run {
	return &run{ctx: ctx, careful: careful, included: map[string]int{}}
}

// step counts one turn of a loop or one template.
func (r *run) step() error {
	r.steps++
	if r.steps%64 == 0 {
		if err := r.alive(); err != nil {
			return err
		}
	}
	if r.steps > maxPlain && !r.careful {
		return errCareful
	}
	return nil
}

// alive gives an error once the context is done.
func (r *run) alive() error {
	if err := r.ctx.Err(); err != nil {
		return &stop{timeout: true, message: context.Cause(r.ctx).Error()}
	}
	return nil
}

// push enters a template that takes cost bytes of stack.
func (r *run) push(cost int) error {
	if err := r.step(); err != nil {
		return err
	}
	if r.stack+cost > maxStack {
		return &stop{message: "templates include each other without end", hint: hintRecursion}
	}
	r.stack += cost
	r.levels = append(r.levels, cost)
	return nil
}

func (r *run) pop() {
	last := len(r.levels) - 1
	r.stack -= r.levels[last]
	r.levels = r.levels[:last]
}

// output is what a template writes to.
type output struct {
	strings.Builder
	run *run
}

// Write ends the render once its context is done or its text is too long.
func (o *output) Write(p []byte) (int, error) {
	before := o.run.written
	o.run.written += len(p)
	if o.run.written > maxText {
		return 0, &stop{message: fmt.Sprintf("the chart renders more than %d MiB", maxText>>20)}
	}
	if before>>16 != o.run.written>>16 {
		if err := o.run.alive(); err != nil {
			return 0, err
		}
	}
	return o.Builder.Write(p)
}

// parseText parses a template and puts the guard into it: a step into each loop,
// and enter and leave around each {{ template }}. In a careful render, what an
// action prints is looked at first.
func parseText(name, text string, careful bool) (map[string]*parse.Tree, error) {
	if strings.Count(text, "{{") > maxActions {
		return nil, fmt.Errorf("template: %s:1: more than %d actions in one template", name, maxActions)
	}
	trees, err := parse.Parse(name, text, "", "", functions(), builtins)
	if err != nil {
		return nil, err
	}
	g := guard{name: name, text: text, careful: careful}
	for _, tree := range trees {
		g.list(tree.Root)
	}
	return trees, nil
}

// guard changes the trees of one template.
type guard struct {
	name, text string
	careful    bool
}

// place is how text/template would print where a node stands.
func (g guard) place(pos parse.Pos) string {
	before := g.text[:pos]
	return fmt.Sprintf("%s:%d:%d", g.name, 1+strings.Count(before, "\n"), int(pos)-strings.LastIndexByte(before, '\n')-1)
}

func (g guard) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	nodes := make([]parse.Node, 0, len(list.Nodes))
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.TemplateNode:
			enter := guardNode(funcEnter, node.Name, g.place(node.Pos))
			nodes = append(nodes, enter, node, guardNode(funcLeave))
			continue
		case *parse.RangeNode:
			g.branch(&node.BranchNode)
			node.List.Nodes = append([]parse.Node{guardNode(funcTick, g.place(node.Pos))}, node.List.Nodes...)
		case *parse.IfNode:
			g.branch(&node.BranchNode)
		case *parse.WithNode:
			g.branch(&node.BranchNode)
		case *parse.ActionNode:
			if g.careful && len(node.Pipe.Decl) == 0 {
				check := guardNode(funcPrintable, g.place(node.Pos)).(*parse.ActionNode)
				node.Pipe.Cmds = append(node.Pipe.Cmds, check.Pipe.Cmds...)
			}
		}
		nodes = append(nodes, node)
	}
	list.Nodes = nodes
}

func (g guard) branch(b *parse.BranchNode) {
	g.list(b.List)
	g.list(b.ElseList)
}

// guardNode makes the action that calls a function of the guard.
func guardNode(function string, args ...string) parse.Node {
	call := "{{" + function
	for _, arg := range args {
		call += " " + strconv.Quote(arg)
	}
	names := map[string]any{funcTick: true, funcEnter: true, funcLeave: true, funcPrintable: true}
	trees, err := parse.Parse(guardName, call+"}}", "", "", names)
	if err != nil {
		panic(err) // nothing in the call is the user's but what is quoted
	}
	return trees[guardName].Root.Nodes[0]
}

// stackCost estimates what a template takes of the stack where it calls another
// one at its deepest.
func stackCost(node parse.Node) int {
	deepest := func(nodes ...parse.Node) int {
		most := 0
		for _, n := range nodes {
			most = max(most, stackCost(n))
		}
		return most
	}
	branch := func(own int, b *parse.BranchNode) int {
		most := deepest(b.Pipe, b.List)
		if b.ElseList != nil {
			most = max(most, stackCost(b.ElseList))
		}
		return own + most
	}
	switch node := node.(type) {
	case *parse.ListNode:
		return deepest(node.Nodes...)
	case *parse.IfNode:
		return branch(costBlock, &node.BranchNode)
	case *parse.WithNode:
		return branch(costBlock, &node.BranchNode)
	case *parse.RangeNode:
		return branch(costRange, &node.BranchNode)
	case *parse.ActionNode:
		return stackCost(node.Pipe)
	case *parse.TemplateNode:
		if node.Pipe != nil {
			return stackCost(node.Pipe)
		}
	case *parse.PipeNode:
		most := 0
		for _, cmd := range node.Cmds {
			most = max(most, deepest(cmd.Args...))
		}
		return costBlock + most
	case *parse.ChainNode:
		return stackCost(node.Node)
	}
	return 0
}
