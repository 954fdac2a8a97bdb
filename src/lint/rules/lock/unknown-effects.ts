import type { Rule } from '../rule.ts';

export const unknownEffects: Rule = {
  id: 'unknown-effects',
  hazards: ['S16'],
  class: 'unanalysed',
  severity: 'warning',
  title: 'Statement whose effect the text does not tell',
  why: 'Dynamic SQL, a function, a CASCADE or a type that no file has made may lock, rewrite or remove anything. What could not be told is said, never passed over.',
  help: 'Let "onward lint --measure" see what it does, give the earlier schema with --baseline, or write the statements out.',
  bad: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: "do $$ begin execute 'drop ' || 'table orders'; end $$;",
    },
  ],
  good: [{ sql: 'do $$ begin perform 1; end $$;' }],
  check: ({ effects }) =>
    [...new Set(effects.unknown)].map((reason) => ({ message: `it could not be told ${reason}` })),
};
