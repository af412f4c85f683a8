// gotypes REQUEST ANSWER: resolve each identifier of a known name with go/types. See oracle.py for both files.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

type request struct {
	Root  string   `json:"root"`
	Paths []string `json:"paths"`
	Names []string `json:"names"`
}

// A checker knows the packages of one repository; those of others are empty, so what they declare stays unknown.
type checker struct {
	root    string
	modules map[string]string // import path of a go.mod -> its folder
	files   *token.FileSet
	parsed  map[string]*ast.File
	known   map[string]*types.Package
	library types.Importer
}

func (c *checker) Import(name string) (*types.Package, error) {
	if found, is := c.known[name]; is {
		return found, nil
	}
	if name == "unsafe" {
		return types.Unsafe, nil
	}
	if folder, is := c.folder(name); is {
		c.known[name] = types.NewPackage(name, path.Base(name)) // what imports itself ends here
		found, _ := c.check(name, c.parse(folder, false), nil)
		c.known[name] = found
		return found, nil
	}
	if !strings.Contains(strings.Split(name, "/")[0], ".") {
		if found, err := c.library.Import(name); err == nil {
			c.known[name] = found
			return found, nil
		}
	}
	last := path.Base(name)
	if len(last) > 1 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9' {
		last = path.Base(path.Dir(name))
	}
	empty := types.NewPackage(name, strings.TrimPrefix(last, "go-"))
	empty.MarkComplete()
	c.known[name] = empty
	return empty, nil
}

func (c *checker) folder(name string) (string, bool) {
	best := ""
	for module := range c.modules {
		if (name == module || strings.HasPrefix(name, module+"/")) && len(module) > len(best) {
			best = module
		}
	}
	if best == "" {
		return "", false
	}
	return filepath.Join(c.modules[best], strings.TrimPrefix(name, best)), true
}

func (c *checker) parse(folder string, tests bool) []*ast.File {
	entries, _ := os.ReadDir(folder)
	var found []*ast.File
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || (!tests && strings.HasSuffix(name, "_test.go")) {
			continue
		}
		if fits, err := build.Default.MatchFile(folder, name); err != nil || !fits {
			continue
		}
		full := filepath.Join(folder, name)
		if c.parsed[full] == nil {
			file, err := parser.ParseFile(c.files, full, nil, parser.SkipObjectResolution)
			if file == nil || err != nil {
				continue
			}
			c.parsed[full] = file
		}
		found = append(found, c.parsed[full])
	}
	return found
}

func (c *checker) check(name string, files []*ast.File, info *types.Info) (*types.Package, error) {
	config := types.Config{Importer: c, Error: func(error) {}, FakeImportC: true, DisableUnusedImportCheck: true}
	return config.Check(name, c.files, files, info)
}

func (c *checker) relative(file string) string {
	found, err := filepath.Rel(c.root, file)
	if err != nil || strings.HasPrefix(found, "..") {
		return ""
	}
	return filepath.ToSlash(found)
}

// importPath says what a folder is called in imports.
func (c *checker) importPath(folder string) string {
	best, name := "", ""
	for module, root := range c.modules {
		if (folder == root || strings.HasPrefix(folder, root+"/")) && len(root) > len(best) {
			inside, _ := filepath.Rel(root, folder)
			best, name = root, path.Join(module, filepath.ToSlash(inside))
		}
	}
	return name
}

func main() {
	var asked request
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(text, &asked)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out, err := os.Create(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer out.Close()
	written := json.NewEncoder(out)
	written.SetEscapeHTML(false)
	names, folders := map[string]bool{}, map[string]bool{}
	for _, name := range asked.Names {
		names[name] = true
	}
	for _, file := range asked.Paths {
		folders[filepath.Join(asked.Root, filepath.Dir(file))] = true
	}
	files := token.NewFileSet()
	c := &checker{asked.Root, map[string]string{}, files, map[string]*ast.File{}, map[string]*types.Package{},
		importer.ForCompiler(files, "source", nil)}
	filepath.Walk(asked.Root, func(file string, seen os.FileInfo, err error) error {
		if err == nil && seen.Name() == "go.mod" {
			text, _ := os.ReadFile(file)
			for _, line := range strings.Split(string(text), "\n") {
				if words := strings.Fields(line); len(words) == 2 && words[0] == "module" {
					c.modules[words[1]] = filepath.Dir(file)
				}
			}
		}
		return nil
	})
	var ordered []string
	for folder := range folders {
		ordered = append(ordered, folder)
	}
	sort.Strings(ordered)
	for _, folder := range ordered {
		packages := map[string][]*ast.File{}
		for _, file := range c.parse(folder, true) {
			packages[file.Name.Name] = append(packages[file.Name.Name], file)
		}
		for name, parts := range packages {
			as := c.importPath(folder)
			if strings.HasSuffix(name, "_test") {
				as += "_test"
			}
			info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
			c.check(as, parts, info)
			for _, file := range parts {
				ast.Inspect(file, func(node ast.Node) bool {
					if id, is := node.(*ast.Ident); is && names[id.Name] && info.Defs[id] == nil {
						c.write(written, id, info.Uses[id])
					}
					return true
				})
			}
		}
	}
}

func (c *checker) write(out *json.Encoder, id *ast.Ident, meant types.Object) {
	if _, is := meant.(*types.PkgName); is {
		return
	}
	means := [][]any{}
	if meant != nil {
		at := c.files.Position(meant.Pos())
		if at.IsValid() {
			means = append(means, []any{c.relative(at.Filename), at.Line - 1})
		} else {
			means = append(means, []any{"", 0})
		}
	}
	at := c.files.Position(id.Pos())
	out.Encode([]any{"use", c.relative(at.Filename), at.Line - 1, id.Name, means})
}
