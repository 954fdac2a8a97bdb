import { join } from 'node:path';
import { DEPLOYMENT_FILE, loadDeployment } from '../../deployment/index.ts';
import { describeFinding, OnwardError } from '../../model/index.ts';
import { loadProduct } from '../../release/index.ts';
import type { System } from '../../system/index.ts';
import { proposalTaken } from './errors.ts';

export const PRODUCT_FILE = 'product.yaml';

/** Both proposed files as texts. */
export interface ProposedFiles {
  /** Where they are meant to stand. */
  readonly folder: string;
  readonly deployment: string;
  readonly product: string;
  /** What a release ships has yet to be named, so its folders are not there. */
  readonly lacksArtifacts?: boolean;
}

/** Reads the proposed texts as every command would, without writing them, and gives what is wrong with them, one line each. */
export async function checkProposal(
  system: System,
  { folder, deployment, product, lacksArtifacts }: ProposedFiles,
): Promise<readonly string[]> {
  const files = [
    { path: join(folder, DEPLOYMENT_FILE), text: deployment, load: loadDeployment },
    { path: join(folder, PRODUCT_FILE), text: product, load: loadProduct },
  ];
  const problems = await Promise.all(
    files.map(async ({ path, text, load }) => {
      try {
        await load(withText(system, path, text), path);
        return [];
      } catch (error) {
        if (!(error instanceof OnwardError)) throw error;
        return error.findings.length > 0 ? error.findings.map(describeFinding) : [error.message];
      }
    }),
  );
  return problems.flat().filter((problem) => !lacksArtifacts || !NOT_BUILT.test(problem));
}

const NOT_BUILT = /there is no folder \.\/dist\/\S+; build it first$/;

/** The system in which one file holds this text. */
function withText(system: System, path: string, text: string): System {
  const { files } = system;
  return {
    ...system,
    files: {
      ...files,
      isFolder: async (other) => other !== path && files.isFolder(other),
      readText: async (other) => (other === path ? text : files.readText(other)),
      readTextIfPresent: async (other) => (other === path ? text : files.readTextIfPresent(other)),
    },
  };
}

/** Writes both files, or neither where one is there already: throws `adopt.taken`. They may be read by everybody; no secret is in them. */
export async function writeProposal(system: System, { folder, deployment, product }: ProposedFiles): Promise<void> {
  const written = [
    { path: join(folder, DEPLOYMENT_FILE), text: deployment },
    { path: join(folder, PRODUCT_FILE), text: product },
  ];
  for (const { path } of written) if (await system.files.exists(path)) throw proposalTaken(path);
  for (const { path, text } of written) {
    if (!(await system.files.createOnce(path, text))) throw proposalTaken(path);
  }
}
