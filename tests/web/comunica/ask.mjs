// Ask with Comunica. In, on standard input: a list of {query, sources}. Out: for each of them the
// kind of answer with its terms, or the error, and the requests that Comunica made for it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { QueryEngine } = createRequire(`${process.argv[2]}/`)('@comunica/query-sparql');
const engine = new QueryEngine();

function show(term) {
  return term.language ? `${term.value}@${term.language}` : term.value;
}

async function read(result) {
  if (result.resultType === 'boolean') return result.execute();
  const items = await (await result.execute()).toArray();
  if (result.resultType === 'quads') {
    return items.map(quad => [quad.subject, quad.predicate, quad.object].map(show));
  }
  return items.map(row => Object.fromEntries([...row].map(([name, term]) => [name.value, show(term)])));
}

async function ask({ query, sources, ...context }) {
  const requests = [];
  async function hear(input, init) {
    const answer = await fetch(input, init);
    requests.push([init?.method ?? 'GET', answer.status, answer.headers.get('content-type')]);
    return answer;
  }
  await engine.invalidateHttpCache();
  try {
    const result = await engine.query(query, { sources, fetch: hear, ...context });
    return { kind: result.resultType, answer: await read(result), requests };
  } catch (error) {
    return { kind: 'error', answer: error.message, requests };
  }
}

const answers = [];
for (const task of JSON.parse(readFileSync(0))) answers.push(await ask(task));
console.log(JSON.stringify(answers));
