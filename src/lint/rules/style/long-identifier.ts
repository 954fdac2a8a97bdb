import type { Hit, Rule } from '../rule.ts';

export const longIdentifier: Rule = {
  id: 'long-identifier',
  hazards: ['S6'],
  class: 'style',
  severity: 'error',
  title: 'Name longer than 63 bytes, which Postgres cuts',
  why: 'Postgres cuts a name to 63 bytes with no more than a notice. Two names that differ behind that are one (42P07, 42701), and a comparison with the full name in the catalog finds nothing: what checks for it makes it again.',
  help: 'Choose a name of at most 63 bytes.',
  bad: [
    {
      sql: 'create table orders (id bigint primary key, a_name_that_goes_on_and_on_until_nobody_can_read_it_any_more_at_all text);',
    },
  ],
  good: [{ sql: 'create table orders (id bigint primary key, a_name_that_can_be_read text);' }],
  check({ node, statement }) {
    if (ROWS.some((kind) => kind in node)) return [];
    const hits = new Map<string, Hit>();
    for (const name of namesThatMayBeCut(node)) {
      const at = findLonger(statement.text, name);
      if (at === undefined) continue;
      hits.set(name, { message: `the name is cut to ${name}`, offset: statement.startOffset + at });
    }
    return [...hits.values()];
  },
};

/** Statements on rows make no names, and may be long. */
const ROWS = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'CopyStmt'];
const LONGEST = 63;
/** A name is cut between characters, so up to three bytes may be missing. */
const SHORTEST_CUT = LONGEST - 3;

function namesThatMayBeCut(tree: unknown): readonly string[] {
  if (typeof tree === 'string') {
    const bytes = tree.length > LONGEST ? 0 : Buffer.byteLength(tree);
    return bytes >= SHORTEST_CUT && bytes <= LONGEST ? [tree] : [];
  }
  return typeof tree === 'object' && tree !== null ? Object.values(tree).flatMap(namesThatMayBeCut) : [];
}

/** Where the text has the name with more behind it; the parser has cut it as Postgres does. */
function findLonger(text: string, name: string): number | undefined {
  const lower = text.toLowerCase();
  const wanted = name.toLowerCase().replaceAll('"', '""');
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, at + 1)) {
    const end = at + wanted.length;
    const isQuoted = text[at - 1] === '"';
    const isLonger = isQuoted ? text[end] !== '"' : /[\p{L}\p{N}_$]/u.test(text.slice(end, end + 1));
    if (isLonger && !/[\p{L}\p{N}_$']/u.test(text.slice(Math.max(at - 1, 0), at))) return at;
  }
  return undefined;
}
