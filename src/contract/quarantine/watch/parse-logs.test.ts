import { describe, expect, it } from 'vitest';
import type { LogParser } from './log-record.ts';
import { createCsvLogParser } from './parse-csv-log.ts';
import { createJsonLogParser } from './parse-json-log.ts';
import { createStderrLogParser } from './parse-stderr-log.ts';

const csvRow = (state: string, message: string, statement: string) =>
  `2026-01-02 03:04:05.678 UTC,"shop","core",42,"[local]",1.2a,1,"SELECT",2026-01-02 03:04:05 UTC,3/4,0,ERROR,${state},${message},,,,,,${statement},15,,"shop@1.0.0","client backend",,0\n`;

const CSV =
  csvRow('42501', '"permission denied for table orders"', '"select ""total"",\n  note from orders"') +
  csvRow('22012', 'division by zero', 'select 1 / 0');

const JSONL = `${JSON.stringify({ timestamp: 't', user: 'shop', dbname: 'core', error_severity: 'ERROR', state_code: '42501', message: 'permission denied for table orders', statement: 'select "total",\n  note from orders', application_name: 'shop@1.0.0' })}
${JSON.stringify({ timestamp: 't', user: 'shop', dbname: 'core', error_severity: 'ERROR', state_code: '22012', message: 'division by zero', statement: 'select 1 / 0', application_name: 'shop@1.0.0' })}
`;

const EXPECTED = [
  {
    state: '42501',
    role: 'shop',
    database: 'core',
    application: 'shop@1.0.0',
    message: 'permission denied for table orders',
    statement: 'select "total",\n  note from orders',
  },
  {
    state: '22012',
    role: 'shop',
    database: 'core',
    application: 'shop@1.0.0',
    message: 'division by zero',
    statement: 'select 1 / 0',
  },
];

describe.each<[string, () => LogParser, string]>([
  ['csvlog', createCsvLogParser, CSV],
  ['jsonlog', createJsonLogParser, JSONL],
])('the parser of %s', (_name, create, text) => {
  it('gives the same messages wherever the log is cut', () => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const parser = create();
      expect([...parser.add(text.slice(0, cut)), ...parser.add(text.slice(cut))]).toEqual(EXPECTED);
    }
  });
});

describe('the parser of the plain log', () => {
  it('reads what the prefix tells, the statement, and lines that go on', () => {
    const parser = createStderrLogParser('%m [%-6p] (%e) %q%u@%d/%a 100%%: ');
    const head = '2026-01-02 03:04:05.678 UTC [42    ] (42501) shop@core/shop@1.0.0 100%: ';
    const records = parser.add(
      `${head}ERROR:  permission denied for table orders\n${head}CONTEXT:  SQL function "f"\n\tgoes on\n${head}STATEMENT:  select total,\n\t  note from orders\n2026-01-02 03:04:06.000 UTC [1     ] (00000) LOG:  checkpoint starting\n`,
    );
    expect(records).toMatchObject([
      {
        state: '42501',
        role: 'shop',
        database: 'core',
        application: 'shop@1.0.0',
        message: 'permission denied for table orders',
        statement: 'select total,\n  note from orders',
      },
    ]);
  });

  it('reads messages in another language by their state', () => {
    const parser = createStderrLogParser('%e ');
    expect(
      parser.add('42501 FEHLER:  keine Berechtigung für Tabelle orders\n42501 ANWEISUNG:  select 1\n'),
    ).toMatchObject([{ state: '42501', message: 'keine Berechtigung für Tabelle orders' }, { message: 'select 1' }]);
  });

  it('waits for the end of a line', () => {
    const parser = createStderrLogParser('');
    expect(parser.add('ERROR:  permission denied for table or')).toEqual([]);
    expect(parser.add('ders\n')).toEqual([{ message: 'permission denied for table orders' }]);
  });
});
