// What frameworks take out of a module before they send it to browsers, done with the tool that React Router does it with.
// Used by bundle.mjs and by bench/browser_reach.mjs; `load` requires a package of the folder where these are installed.

export const SERVER_EXPORTS = ["loader", "action", "headers", "middleware", "unstable_middleware", "getServerSideProps", "getStaticProps", "getStaticPaths", "getServerData"];

export function stripper(load) {
  const { parse } = load("@babel/parser");
  const generate = load("@babel/generator").default;
  const traverse = load("@babel/traverse").default;
  const { deadCodeElimination, findReferencedIdentifiers } = load("babel-dead-code-elimination");

  function rewritten(text, file, visitor) {
    const typed = file.endsWith("x") || file.endsWith(".js") ? ["typescript", "jsx"] : ["typescript"];
    const ast = parse(text, { sourceType: "module", plugins: typed });
    const before = findReferencedIdentifiers(ast);
    traverse(ast, visitor);
    deadCodeElimination(ast, before);
    return generate(ast).code;
  }

  // React Router, Remix, Next's pages router, Gatsby: exports that only servers call are removed, and what only they use.
  function withoutServerExports(text, file) {
    const strip = new Set(SERVER_EXPORTS);
    return rewritten(text, file, {
      ExportNamedDeclaration(node) {
        const declared = node.node.declaration;
        if (declared?.type === "FunctionDeclaration" && strip.has(declared.id.name)) node.remove();
        else if (declared?.type === "VariableDeclaration") {
          declared.declarations = declared.declarations.filter((one) => !strip.has(one.id.name));
          if (declared.declarations.length === 0) node.remove();
        } else if (!declared) {
          node.node.specifiers = node.node.specifiers.filter((one) => !strip.has(one.exported.name));
          if (node.node.specifiers.length === 0) node.remove();
        }
      },
    });
  }

  // TanStack Start: the functions of server functions, of server-only functions and of server routes are removed.
  function withoutServerFunctions(text, file) {
    return rewritten(text, file, {
      CallExpression(node) {
        const callee = node.node.callee;
        const only = callee.type === "Identifier" && callee.name === "createServerOnlyFn";
        const handed = callee.type === "MemberExpression" && ["handler", "server"].includes(callee.property.name) && /^create(?:ServerFn|Middleware|IsomorphicFn)$/.test(root(callee.object));
        if (only || handed) node.node.arguments = [];
      },
      ObjectProperty(node) {
        if (node.node.key.name === "server" && node.node.value.type === "ObjectExpression") node.remove();
      },
    });
  }

  return { withoutServerExports, withoutServerFunctions };
}

function root(node) {
  while (node.type === "MemberExpression" || node.type === "CallExpression") node = node.type === "CallExpression" ? node.callee : node.object;
  return node.name ?? "";
}
