import { describe, expect, it } from 'vitest';
import { loadSqlParser } from '../../system/index.ts';
import { formOutcome, typeMatrix } from '../facts/facts.ts';
import { FORMS } from '../facts/forms.ts';
import { FORMS_SCHEMA } from '../facts/forms-schema.ts';
import { renderOutcome } from '../facts/outcome.ts';
import { TYPE_ANSWERS, TYPE_SPELLINGS, USER_TYPES } from '../facts/type-spellings.ts';
import { createSchemaModel } from '../schema-model/create-schema-model.ts';
import type { SchemaModel } from '../schema-model/schema-model.ts';
import { SERVER_VERSIONS, type ServerVersion } from '../server-version.ts';
import type { Effects } from './effects.ts';
import { predictEffects } from './predict-effects.ts';

const parser = await loadSqlParser();

function modelOf(sql: string, options: { readonly isComplete: boolean }): SchemaModel {
  const builder = createSchemaModel(options);
  builder.startGroup('before');
  for (const { node } of parser.split(sql, 'before.sql')) builder.apply(node);
  builder.startGroup('now');
  return builder.model;
}

function predict(
  schema: SchemaModel,
  sql: string,
  options: { server?: ServerVersion; isTimeZoneUtc?: boolean } = {},
): Effects {
  const [statement] = parser.split(sql, 'form.sql');
  if (!statement) throw new Error(`${sql} holds no statement`);
  return predictEffects(statement, schema, { server: 15, parser, ...options });
}

/** VACUUM commits after each table, so that the locks on partitions and inheritors are gone before they can be measured. */
function withoutShort(id: string, outcome: string): string {
  if (!id.startsWith('vacuum-full-par')) return outcome;
  return outcome
    .split('; ')
    .filter((part) => !part.endsWith('Exclusive'))
    .join('; ');
}

const formsModel = modelOf(FORMS_SCHEMA, { isComplete: true });

describe.each(SERVER_VERSIONS)('predictEffects() on Postgres %i', (server) => {
  const measured = FORMS.flatMap(({ id, sql }) => {
    const outcome = formOutcome(id, server);
    // What the server refuses has no effects to compare with.
    return outcome === undefined || outcome.startsWith('error') ? [] : [{ id, sql, outcome }];
  });

  it('has facts to be compared with', () => {
    expect(measured.length).toBeGreaterThan(200);
  });

  it.each(measured)('foresees what was measured for $id', ({ id, sql, outcome }) => {
    const effects = predict(formsModel, sql, { server });
    // Only what it cannot tell may be missing, and then it says so.
    if (effects.unknown.length > 0) expect(id).toBe('drop-statistics');
    else expect(withoutShort(id, renderOutcome(effects))).toBe(withoutShort(id, outcome));
  });

  it.each(['utc', 'elsewhere'] as const)('foresees every change of type that was measured (%s)', (zone) => {
    const tables = TYPE_SPELLINGS.map(
      (type, at) => `create table t_${at} (id int, c ${type}); create index on t_${at} (c);`,
    );
    const schema = modelOf(`${USER_TYPES} ${tables.join('\n')}`, { isComplete: true });
    const changes = typeMatrix(server, zone).filter(({ answer }) => answer !== 'e');
    expect(changes.length).toBeGreaterThan(600);
    const wrong = changes.flatMap(({ from, to, answer }) => {
      const table = `t_${TYPE_SPELLINGS.indexOf(from as (typeof TYPE_SPELLINGS)[number])}`;
      const effects = predict(schema, `alter table ${table} alter c type ${to} using c::${to}`, {
        server,
        isTimeZoneUtc: zone === 'utc',
      });
      const found = effects.rewrites.length > 0 ? 'rewrite' : effects.indexBuilds.length > 0 ? 'index' : 'kept';
      // A type without an order has no index that would tell.
      return found === TYPE_ANSWERS[answer] && effects.unknown.length === 0
        ? []
        : [`${from} -> ${to}: ${found}, measured ${TYPE_ANSWERS[answer]}`];
    });
    expect(wrong).toEqual([]);
  });
});
