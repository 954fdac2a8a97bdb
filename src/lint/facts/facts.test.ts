import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, loadSqlParser } from '../../system/index.ts';
import { openScratch, type Scratch } from '../scratch/scratch.ts';
import { combineFacts } from './combine-facts.ts';
import { formOutcome, functionVolatility, isMeasuredType, typeChange, typeMatrix } from './facts.ts';
import { FORMS } from './forms.ts';
import { type FactsWork, measureForms, measureTypes, type VersionFacts } from './measure-facts.ts';
import { pairKey } from './type-pair.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
const SERVER = 15;
let scratch: Scratch;
let work: FactsWork;
beforeAll(async () => {
  scratch = await openScratch(system, { server: SERVER });
  work = { scratch, parser: await loadSqlParser(), server: SERVER };
});
afterAll(() => scratch.close());

describe('the facts', () => {
  it('have a name of its own for each form', () => {
    expect(new Set(FORMS.map(({ id }) => id)).size).toBe(FORMS.length);
  });

  it('say what Postgres 15 does for every form', async () => {
    const measured = await measureForms(system, work);
    expect(Object.fromEntries(measured)).toEqual(
      Object.fromEntries(
        FORMS.filter(({ since = 0 }) => since <= SERVER).map(({ id }) => [id, formOutcome(id, SERVER)]),
      ),
    );
  });

  it('say what Postgres 15 does for changes of types whose length, precision or time zone counts', async () => {
    // In the order of the spellings.
    const types = ['numeric(6,2)', 'character varying(10)', 'timestamp without time zone', 'd_short'] as const;
    const { types: utc, typesElsewhere } = await measureTypes(system, work, types);
    for (const [rows, zone] of [
      [utc, 'utc'],
      [typesElsewhere, 'elsewhere'],
    ] as const) {
      const known = types.map((type) =>
        typeMatrix(SERVER, zone)
          .filter(({ from }) => from === type)
          .map(({ answer }) => answer)
          .join(''),
      );
      expect(rows).toEqual(known);
    }
  });

  it.each([14, 15, 16, 17, 18])('give all changes of one name the same answer on Postgres %i', (server) => {
    const answers = new Map<string, Set<string>>();
    for (const { from, to, answer } of typeMatrix(server, 'utc')) {
      if (answer === 'e' || [from, to].some((type) => /^(mood|d_)/.test(type))) continue;
      answers.set(pairKey(from, to), (answers.get(pairKey(from, to)) ?? new Set()).add(answer));
    }
    expect(answers.size).toBeGreaterThan(300);
    expect([...answers].filter(([, found]) => found.size > 1)).toEqual([]);
  });
});

describe('typeChange()', () => {
  const change = (from: string, to: string, isTimeZoneUtc: boolean) =>
    typeChange(pairKey(from, to), { server: 16, isTimeZoneUtc });

  it('answers for lengths that were not measured', () => {
    expect(change('character varying(30)', 'character varying(31)', true)).toBe('kept');
    expect(change('character varying(31)', 'character varying(30)', true)).toBe('rewrite');
    expect(change('numeric(12,3)', 'numeric(14,3)', true)).toBe('kept');
    expect(change('numeric(12,3)', 'numeric(14,2)', true)).toBe('rewrite');
  });

  it('knows that the time zone decides about times', () => {
    expect(change('timestamp without time zone', 'timestamp with time zone', true)).toBe('index');
    expect(change('timestamp without time zone', 'timestamp with time zone', false)).toBe('rewrite');
  });

  it('says which types were measured', () => {
    expect(['timestamp without time zone', 'citext'].map(isMeasuredType)).toEqual([true, true]);
    expect(['geometry', 'mood'].map(isMeasuredType)).toEqual([false, false]);
  });
});

describe('functionVolatility()', () => {
  it('tells built-in functions apart, by the version that has them', () => {
    expect(functionVolatility('now', 14)).toBe('stable');
    expect(functionVolatility('lower', 14)).toBe('immutable');
    expect(functionVolatility('random', 18)).toBe('volatile');
    expect([17, 18].map((server) => functionVolatility('uuidv7', server))).toEqual([undefined, 'volatile']);
    expect(functionVolatility('create_hypertable', 18)).toBeUndefined();
  });
});

describe('combineFacts()', () => {
  const facts = (types: readonly string[], add: string): VersionFacts => ({
    forms: new Map([['add-column', add]]),
    types,
    typesElsewhere: types,
    functions: new Map([['now', 's']]),
  });

  it('puts versions that agree together', () => {
    const combined = combineFacts(
      new Map([
        [14, facts(['kr', 'rk'], 'nothing')],
        [15, facts(['kr', 'rk'], 't Share')],
        [16, facts(['kr', 'rk'], 'nothing')],
      ]),
    );
    expect(combined).toEqual({
      functions: { immutable: {}, stable: { '14-16': 'now' }, volatile: {} },
      forms: { 'add-column': { '14': 'nothing', '15': 't Share', '16': 'nothing' } },
      types: { utc: { '14-16': 'kr|rk' }, elsewhere: { '14-16': 'kr|rk' } },
    });
  });
});
