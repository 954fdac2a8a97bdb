import type { Finding, Total } from '../model/index.ts';
import { refuseQuery } from '../sql/index.ts';
import { loadSqlParser } from '../system/index.ts';

/** Whether each total can be read at all: its database is the product's, and each of its queries is one SELECT. */
export async function checkTotals(
  totals: readonly Total[],
  { databases }: { readonly databases: readonly string[] },
): Promise<readonly Finding[]> {
  if (totals.length === 0) return [];
  const parser = await loadSqlParser();
  return totals.flatMap(({ name, database, queries }) => [
    ...(databases.includes(database) ? [] : [unknownDatabase(name, database, databases)]),
    ...queries.flatMap(({ query }) => {
      const problem = refuseQuery(parser, query);
      return problem === undefined ? [] : [unreadable(name, problem)];
    }),
  ]);
}

function unreadable(name: string, problem: string): Finding {
  return {
    code: 'release.unreadable-total',
    severity: 'error',
    message: `the query of total "${name}" cannot be used: ${problem}`,
    hint: 'Write one SELECT that only reads.',
  };
}

function unknownDatabase(name: string, database: string, known: readonly string[]): Finding {
  return {
    code: 'release.unknown-database',
    severity: 'error',
    message: `total "${name}" is of database ${database}, which product.yaml does not have`,
    hint: known.length > 0 ? `Name one of ${known.join(', ')}.` : 'Add it to `databases` in product.yaml.',
  };
}
