// node typescript.js REQUEST ANSWER: resolve each identifier of a known name with the TypeScript checker.
// See oracle.py for both files.
const fs = require("fs"), path = require("path"), ts = require("typescript");

const request = JSON.parse(fs.readFileSync(process.argv[2]));
const root = request.root, names = new Set(request.names), known = new Set(request.paths);
const out = fs.openSync(process.argv[3], "w");
let pending = [];
const flush = () => { if (pending.length) fs.writeSync(out, pending.join("")); pending = []; };
const write = (...line) => { pending.push(JSON.stringify(line) + "\n"); if (pending.length > 5000) flush(); };

const options = {
  allowJs: true, jsx: ts.JsxEmit.Preserve, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler, strict: true, noEmit: true, skipLibCheck: true, types: [],
  experimentalDecorators: true, esModuleInterop: true, allowArbitraryExtensions: true, resolveJsonModule: true,
  maxNodeModuleJsDepth: 0, allowImportingTsExtensions: true,
};
// Packages that the code imports, where they are installed.
const installed = path.join(root, "..", "node_modules", "@types");
if (fs.existsSync(path.join(installed, "node"))) Object.assign(options, { types: ["node"], typeRoots: [installed] });
// Packages of the repository that an installation would link: "name=file".
const [config, ...told] = request.options;
const linked = told.filter((one) => one.includes("="));
if (config) {
  const said = ts.readConfigFile(path.join(root, config), ts.sys.readFile).config.compilerOptions || {};
  options.paths = said.paths;
  options.customConditions = said.customConditions;
  options.baseUrl = path.join(root, path.dirname(config), said.baseUrl || ".");
}
// "node": modules of JavaScript that require each other, also in place, as no bundler would know.
if (told.includes("node")) {
  Object.assign(options, { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext });
  options.allowImportingTsExtensions = options.customConditions = undefined;
}
for (const [name, file] of linked.map((one) => one.split("="))) {
  options.paths = { ...options.paths, [name]: [path.join(root, file)] };
}
// Declarations that make every name global would stand in for those of the modules themselves.
const isAside = (file) => file.includes("types/globalComponents.d.ts") || file.includes("vue-dev-proxy");
const files = request.paths.filter((file) => !isAside(file)).map((file) => path.join(root, file));
const program = ts.createProgram(files, options), checker = program.getTypeChecker();
const inside = (file) => { const found = path.relative(root, file); return known.has(found) ? found : ""; };

function places(symbol) {
  return (symbol.declarations || []).map((declaration) => {
    const source = declaration.getSourceFile();
    const name = ts.getNameOfDeclaration(declaration) || declaration;
    return [inside(source.fileName), source.getLineAndCharacterOfPosition(name.getStart(source)).line];
  });
}

// Whether something is added to what another module declares, or to what all see: `declare module "a"`, `declare global`.
function isAdded(declaration) {
  const around = ts.findAncestor(declaration, (at) => ts.isModuleDeclaration(at)
    && (ts.isStringLiteral(at.name) || (at.flags & ts.NodeFlags.GlobalAugmentation)));
  return Boolean(around) && ts.isExternalModule(declaration.getSourceFile());
}

// Of what several files declare together, the parts that are added may be meant, and need not be.
const added = new Set();
function noteAdded(symbol) {
  const said = symbol.declarations || [];
  if (new Set(said.map((one) => one.getSourceFile())).size < 2) return;
  const found = places(symbol);
  said.forEach((one, at) => { if (isAdded(one)) added.add(found[at].join(":")); });
}

// What a type calls by a name: of an optional parameter it is a union with undefined, which has no properties itself.
function properties(type, name) {
  if (!type) return [];
  const known = checker.getNonNullableType(type);
  return (known.isUnion() ? known.types : [known]).map((one) => one.getProperty(name));
}

// The property of the type that is expected of an object. `f<T extends A>(given: T)` expects an A: what T is inferred
// to be from the object itself says nothing.
const IGNORE_THIS = 4; // ContextFlags.Completions
function expectedOf(object, name) {
  const found = properties(checker.getContextualType(object), name);
  const isOwn = (one) => (one && one.declarations || []).some((said) => ts.findAncestor(said, (at) => at === object));
  return found.some(isOwn) ? properties(checker.getContextualType(object, IGNORE_THIS), name) : found;
}

// A key stands for the property of the type that is expected there, as well as for itself.
function expected(node) {
  const parent = node.parent;
  if (!parent) return [];
  if (ts.isShorthandPropertyAssignment(parent)) {
    return [checker.getShorthandAssignmentValueSymbol(parent), ...expectedOf(parent.parent, node.text)];
  }
  if (ts.isBindingElement(parent) && (parent.propertyName === node || (!parent.propertyName && parent.name === node))) {
    return properties(checker.getTypeAtLocation(parent.parent), node.text);
  }
  const isKey = ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent);
  if (isKey && parent.name === node && ts.isObjectLiteralExpression(parent.parent)) {
    return expectedOf(parent.parent, node.text);
  }
  if (ts.isJsxAttribute(parent) && parent.name === node) {
    const type = checker.getContextualType(parent.parent);
    const property = type && type.getProperty(node.text);
    if (property) return [property];
    const signature = checker.getResolvedSignature(parent.parent.parent);
    const first = signature && signature.parameters[0];
    const attributes = first && checker.getTypeOfSymbol(first);
    return [attributes && attributes.getProperty(node.text)];
  }
  return [];
}

// The module that `require("module")` means.
function required(node) {
  const isCall = ts.isCallExpression(node) && node.expression.getText() === "require" && node.arguments.length === 1;
  return isCall ? checker.getSymbolAtLocation(node.arguments[0]) : undefined;
}

// What an alias stands for; `module.exports = require("module")` passes on what that module exports whole.
function meant(symbol) {
  for (let found = symbol, steps = 0; steps < 9; steps++) {
    if (found.flags & ts.SymbolFlags.Alias) found = checker.getAliasedSymbol(found);
    const said = (found.declarations || []).find(ts.isBinaryExpression);
    const module = said && required(said.right);
    const whole = module && module.exports && module.exports.get("export=");
    if (!whole) return found;
    found = whole;
  }
}

// `exports.A = require("a")`, `exports.A = require("a").A` and `{ A: require("a") }` pass on what has that name there.
function passedOn(symbol) {
  for (const declaration of symbol.declarations || []) {
    const around = declaration.parent;
    const isSet = around && ts.isBinaryExpression(around) && around.left === declaration;
    let value = isSet ? around.right : ts.isPropertyAssignment(declaration) ? declaration.initializer : undefined;
    while (value && ts.isBinaryExpression(value)) value = value.right; // exports.A = exports.b = ...
    if (!value) continue;
    const module = required(value);
    const whole = module && module.exports && module.exports.get("export=");
    const isOf = ts.isPropertyAccessExpression(value) && required(value.expression);
    const named = isOf ? value.name : isSet && ts.isIdentifier(value) ? value : undefined;
    const said = named && checker.getSymbolAtLocation(named);
    const end = whole ? meant(whole) : said && meant(said);
    const own = end && (end.declarations || []).map(ts.getNameOfDeclaration).find((one) => one && ts.isIdentifier(one));
    if (own && own.text === symbol.name) return end;
  }
}

// `let a`, `let a = null` and `let a = b = null` say nothing of what a variable will be.
function isNothing(value) {
  while (value && ts.isBinaryExpression(value)) value = value.right;
  return !value || value.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(value) && value.text === "undefined");
}

// What a variable of JavaScript is set to that one function sets and another one reads: there the checker says nothing.
const assigned = new Map();
function valuesOf(name) {
  const symbol = checker.getSymbolAtLocation(name), said = symbol && symbol.valueDeclaration;
  if (!said || !ts.isVariableDeclaration(said) || said.type || !isNothing(said.initializer)) return [];
  const source = said.getSourceFile();
  if (!ts.isSourceFileJS(source) || source !== name.getSourceFile()) return [];
  if (!assigned.has(source)) {
    const found = new Map();
    const look = (node) => {
      const isSet = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
      const target = isSet && ts.isIdentifier(node.left) && checker.getSymbolAtLocation(node.left);
      if (target) found.set(target, [...(found.get(target) || []), node.right]);
      ts.forEachChild(node, look);
    };
    look(source);
    assigned.set(source, found);
  }
  return (assigned.get(source).get(symbol) || []).map((value) => checker.getTypeAtLocation(value));
}

function meaning(node) {
  const found = [], seen = new Set();
  const add = (symbol) => {
    if (!symbol || seen.has(symbol)) return;
    seen.add(symbol);
    const said = symbol.valueDeclaration;
    // `{ name }` that a module exports whole passes on what has that name in its file.
    if (said && ts.isShorthandPropertyAssignment(said) && said.getSourceFile() !== node.getSourceFile()) {
      add(checker.getShorthandAssignmentValueSymbol(said));
    }
    const passed = passedOn(symbol);
    if (passed && passed !== symbol) add(passed);
    if (!(symbol.flags & ts.SymbolFlags.Alias)) {
      noteAdded(symbol);
      return void found.push(...places(symbol));
    }
    const meant = checker.getAliasedSymbol(symbol);
    if (meant && meant.escapedName !== "unknown") add(meant);
  };
  const symbol = checker.getSymbolAtLocation(node);
  const around = node.parent;
  if (!symbol && ts.isPropertyAccessExpression(around) && around.name === node && ts.isIdentifier(around.expression)) {
    valuesOf(around.expression).flatMap((type) => properties(type, node.text)).forEach(add);
  }
  if (!symbol) return found;
  expected(node).forEach(add);
  add(symbol);
  return found;
}

// Other names under which modules pass things on: `export { a as b }`.
const renames = new Set();
const collect = (node) => {
  if (ts.isExportSpecifier(node) && node.propertyName) renames.add(node.name.text);
  // `exports.a = b`
  const [left, right] = ts.isBinaryExpression(node) ? [node.left, node.right] : [];
  if (left && ts.isPropertyAccessExpression(left) && ts.isIdentifier(right) && left.name.text !== right.text) {
    renames.add(left.name.text);
  }
  ts.forEachChild(node, collect);
};
program.getSourceFiles().filter((source) => inside(source.fileName)).forEach(collect);

for (const source of program.getSourceFiles()) {
  const file = inside(source.fileName);
  if (!file) continue;
  // What is imported whole may have another name here: it is a use of what it stands for, all the same.
  const renamed = (name) => {
    const symbol = name && ts.isIdentifier(name) && checker.getSymbolAtLocation(name);
    if (!symbol || !(symbol.flags & ts.SymbolFlags.Alias)) return;
    const end = meant(symbol);
    for (const declaration of (end && end.declarations) || []) {
      const own = ts.getNameOfDeclaration(declaration);
      if (own && ts.isIdentifier(own) && own.text !== name.text && names.has(own.text)) {
        const line = source.getLineAndCharacterOfPosition(name.getStart(source)).line;
        write("use", file, line, own.text, places(end));
        return;
      }
    }
  };
  const visit = (node) => {
    if (ts.isIdentifier(node) && renames.has(node.text)) {
      try { renamed(node); } catch (error) { /* not known */ }
    }
    if (ts.isImportClause(node) || ts.isVariableDeclaration(node)) {
      try { renamed(node.name); } catch (error) { /* not known */ }
    }
    // `A["name"]` is a use of that member, also where A is a type.
    const isText = ts.isStringLiteral(node) && ((ts.isLiteralTypeNode(node.parent)
      && ts.isIndexedAccessTypeNode(node.parent.parent)) || ts.isElementAccessExpression(node.parent));
    if ((isText || ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) && names.has(node.text)) {
      let means = [];
      added.clear();
      try { means = meaning(node); } catch (error) { /* the checker gives up on it: not known */ }
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
      const may = means.filter((place) => added.has(place.join(":")));
      if (may.length) {
        write("guess", file, line, node.text, may);
        means = means.filter((place) => !added.has(place.join(":")));
        if (!means.length) means = [["", 0]];
      }
      write("use", file, line, node.text, means);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
for (const file of request.paths) {
  const full = path.join(root, file);
  for (const { fileName } of ts.preProcessFile(fs.readFileSync(full, "utf8"), true, true).importedFiles) {
    const meant = ts.resolveModuleName(fileName, full, options, ts.sys).resolvedModule;
    const imported = meant && inside(meant.resolvedFileName);
    if (imported && imported !== file) write("import", file, imported);
  }
}
flush();
