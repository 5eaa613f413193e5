// GitHub's own reading of workflow files: its language service (keys, values,
// expressions and their contexts) over its parser and its conversion to jobs.
// Bundled by scripts/tools, because plain Node cannot import these packages.
//
//   node github-parser.mjs FILE...            one line per finding; exit 1 when there is any
//   node github-parser.mjs --values FILE...   by file, what each scalar holds by its place: as JSON

import {readFileSync} from "node:fs";
import {pathToFileURL} from "node:url";
import {data, Evaluator, Lexer, Parser} from "@actions/expressions";
import {validate} from "@actions/languageservice";
import {
  convertWorkflowTemplate, isBasicExpression, isMapping, isSequence, NoOperationTraceWriter, parseWorkflow,
} from "@actions/workflow-parser";
import {TextDocument} from "vscode-languageserver-textdocument";

/** Findings of one file, each as `line:column: message`. */
async function findings(path, text) {
  const parsed = parseWorkflow({name: path, content: text}, new NoOperationTraceWriter());
  const found = parsed.context.errors.getErrors().map(error => error.message);
  if (parsed.value === undefined) return [...found, "no workflow in this file"];

  const template = await convertWorkflowTemplate(parsed.context, parsed.value);
  found.push(...(template.errors ?? []).map(error => error.Message));
  if ((template.jobs ?? []).length === 0) found.push("no jobs in this file");

  // The language service picks its schema by the file's place, so it is told the usual one.
  const uri = pathToFileURL("/.github/workflows/" + path.split("/").pop()).href;
  const document = TextDocument.create(uri, "yaml", 1, text);
  for (const diagnostic of await validate(document)) {
    const {line, character} = diagnostic.range.start;
    found.push(`${line + 1}:${character + 1}: ${diagnostic.message}`);
  }
  return [...new Set(found)];
}

/** What an expression comes to, where it reads no context; else the expression. */
function evaluated(expression) {
  try {
    const tree = new Parser(new Lexer(expression).lex().tokens, [], []).parse();
    return new Evaluator(tree, new data.Dictionary()).evaluate().coerceString();
  } catch {
    return "${{ " + expression + " }}";
  }
}

/** Every scalar below a token, by its place. */
function values(token, place, found) {
  if (isMapping(token)) {
    for (const {key, value} of token) values(value, `${place}/${key}`, found);
  } else if (isSequence(token)) {
    [...token].forEach((value, index) => values(value, `${place}/${index}`, found));
  } else {
    found[place] = isBasicExpression(token) ? evaluated(token.expression) : token.toString();
  }
  return found;
}

/** Prints what the files hold. */
function show(paths) {
  const read = path => parseWorkflow({name: path, content: readFileSync(path, "utf8")}, new NoOperationTraceWriter());
  console.log(JSON.stringify(Object.fromEntries(paths.map(path => [path, values(read(path).value, "", {})]))));
}

/** Prints what is wrong with the files. */
async function judge(paths) {
  let total = 0;
  for (const path of paths) {
    for (const message of await findings(path, readFileSync(path, "utf8"))) {
      console.log(`${path}: ${message}`);
      total += 1;
    }
  }
  console.log(`${paths.length} read, ${total} findings`);
  process.exitCode = total === 0 ? 0 : 1;
}

const words = process.argv.slice(2);
const paths = words.filter(word => word !== "--values");
if (paths.length === 0) {
  console.error("usage: github-parser.mjs [--values] FILE...");
  process.exitCode = 2;
} else if (words[0] === "--values") {
  show(paths);
} else {
  await judge(paths);
}
