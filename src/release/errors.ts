import { ExitCode, type Finding, OnwardError, renderFinding } from '../model/index.ts';

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly findings?: readonly Finding[];
  readonly exit?: ExitCode;
}

/** Nothing was changed; what was asked, or what was read, is wrong. */
function refusal(options: Refusal): OnwardError {
  const { findings = [] } = options;
  return new OnwardError({
    exit: ExitCode.usage,
    ...options,
    findings,
    state: 'unchanged',
    ...(findings.length > 0 ? { detail: findings.map(renderFinding).join('\n') } : {}),
  });
}

export function unusableFile(kind: string, path: string, findings: readonly Finding[]): OnwardError {
  const count = findings.length === 1 ? 'a problem' : `${findings.length} problems`;
  return refusal({
    code: 'release.unusable-file',
    message: `Could not use ${kind} ${path}: it has ${count}.`,
    hint: `Mend ${path}, then run the same command again.`,
    findings,
  });
}

export function misnamedDetails(path: string, expected: string): OnwardError {
  return refusal({
    code: 'release.misnamed-file',
    message: `Could not read what is said of the release: ${path} is not a name that is read.`,
    hint: `Rename it to ${expected}, then run the same command again.`,
  });
}

export function wrongDocument(
  document: { readonly kind: string; readonly path: string },
  findings: readonly Finding[],
): OnwardError {
  return refusal({
    code: 'release.wrong-document',
    message: `Could not read the ${document.kind} ${document.path}: it is damaged or was edited by hand.`,
    hint: 'Copy the release source again from where it was published.',
    findings,
  });
}

export function otherDocumentVersion(
  document: { readonly kind: string; readonly path: string; readonly name: string },
  found: string,
): OnwardError {
  return refusal({
    code: 'release.other-version',
    message: `Could not read the ${document.kind} ${document.path}: it is of schema ${found}, and this Onward reads ${document.name}.`,
    hint: 'Run `npm install --global onward@latest`, then run the same command again.',
  });
}

export function unsupportedSource(location: string): OnwardError {
  return refusal({
    code: 'release.unsupported-source',
    message: `Could not open the release source ${location}: only folders can be read.`,
    hint: 'Copy or unpack the source into a folder, and name that folder as the source.',
  });
}

export function missingSource(folder: string): OnwardError {
  return refusal({
    code: 'release.no-source',
    message: `Could not open the release source ${folder}: there is no catalog.json in it.`,
    hint: 'Check `releases.source` in onward.yaml, or publish with `onward release build <version>`.',
  });
}

export function unknownRelease(
  version: string,
  known: { readonly list: string; readonly meant?: string | undefined },
): OnwardError {
  return refusal({
    code: 'release.unknown',
    message: `Could not find release ${version}: the release source has ${known.list}.`,
    hint: known.meant
      ? `Did you mean ${known.meant}? Run the command again with it.`
      : 'Run `onward release list` to see what exists.',
  });
}

export function unknownChannel(channel: string, list: string): OnwardError {
  return refusal({
    code: 'release.unknown-channel',
    message: `Could not follow channel "${channel}": the release source has ${list}.`,
    hint: `Run \`onward channel set ${channel} <version>\` in the release source, or name another channel.`,
  });
}

export function withdrawnRelease(
  version: string,
  text: { readonly reason: string; readonly hint: string },
): OnwardError {
  return refusal({
    code: 'release.withdrawn',
    message: `Could not choose release ${version}: it was withdrawn (${text.reason}).`,
    hint: text.hint,
  });
}

export function wrongChannelName(channel: string): OnwardError {
  return refusal({
    code: 'release.channel-name',
    message: `Could not set channel "${channel}": a channel's name is lower-case letters, digits and hyphens, and begins with a letter.`,
    hint: 'Choose another name, such as stable.',
  });
}

export function wrongDigest(
  version: string,
  digests: { readonly found: string; readonly expected: string },
): OnwardError {
  return refusal({
    code: 'release.wrong-digest',
    message: `Could not use release ${version}: its document is ${digests.found}, and the catalog says ${digests.expected}.`,
    hint: 'Copy the release source again from where it was published.',
  });
}

export function wrongContent(what: string, path: string): OnwardError {
  return refusal({
    code: 'release.wrong-content',
    message: `Could not use ${what}: ${path} is missing or does not have the content that the release names.`,
    hint: 'Copy the release source again from where it was published.',
  });
}

export function wrongIdentity(identity: string): OnwardError {
  return refusal({
    code: 'release.wrong-identity',
    message: `Could not find an artifact: "${identity}" is not an identity.`,
    hint: 'Name it as sha256: and 64 hex digits.',
  });
}

export function otherProduct(names: { readonly found: string; readonly expected: string }, where: string): OnwardError {
  return refusal({
    code: 'release.other-product',
    message: `Could not use ${where}: it is of product "${names.found}", not "${names.expected}".`,
    hint: 'Name another folder as the release source.',
  });
}

const WRONG_VERSIONS = ['release.not-a-version', 'release.version-taken'];

export function notBuildable(version: string, findings: readonly Finding[]): OnwardError {
  const reasons = findings.filter((finding) => finding.severity === 'error').length;
  const count = reasons === 1 ? 'is a reason' : `are ${reasons} reasons`;
  const isVersionWrong = findings.some(({ code }) => WRONG_VERSIONS.includes(code));
  const command = isVersionWrong
    ? '`onward release build` with another version'
    : `\`onward release build ${version}\` again`;
  return refusal({
    code: 'release.not-buildable',
    message: `Could not build release ${version}: there ${count} against it.`,
    hint: `Mend what is listed, then run ${command}.`,
    findings,
    exit: ExitCode.findings,
  });
}

export function sourceBusy(lockFile: string, holder: string): OnwardError {
  return refusal({
    code: 'release.source-busy',
    message: `Could not change the release source: ${holder} holds ${lockFile}.`,
    hint: `Wait for it to end; if it is gone, remove ${lockFile}. Then run the same command again.`,
  });
}

export function changedArtifact(folder: string): OnwardError {
  return refusal({
    code: 'release.changed-artifact',
    message: `Could not publish ${folder}: it changed while it was copied. No release refers to the copy.`,
    hint: 'Let its build end, then run the same command again.',
  });
}

export function sourceInArtifact(source: string, artifact: string): OnwardError {
  return refusal({
    code: 'release.source-in-artifact',
    message: `Could not publish into ${source}: it is inside ${artifact}, which is published itself.`,
    hint: 'Name a folder outside of every artifact with `--to`.',
  });
}

export function missingReason(version: string): OnwardError {
  return refusal({
    code: 'release.no-reason',
    message: `Could not withdraw release ${version}: no reason was given, and operators will read it.`,
    hint: `Run \`onward release withdraw ${version} --reason "<why>"\`.`,
  });
}

export function unusableRisk(id: string, file: string, findings: readonly Finding[]): OnwardError {
  const reasons = findings.filter(({ severity }) => severity === 'error');
  return refusal({
    code: 'release.wrong-risk',
    message: `Could not add risk "${id}": there ${reasons.length === 1 ? 'is a reason' : `are ${reasons.length} reasons`} against it.`,
    hint: reasons.length === 1 && reasons[0]?.hint ? reasons[0].hint : `Mend ${file}, then run the same command again.`,
    findings,
    exit: ExitCode.findings,
  });
}

export function unknownRisk(
  id: string,
  { known, meant }: { readonly known: readonly string[]; readonly meant?: string | undefined },
): OnwardError {
  return refusal({
    code: 'release.unknown-risk',
    message: `Could not find risk "${id}": the catalog has ${known.length === 0 ? 'none' : known.join(', ')}.`,
    hint: meant === undefined ? 'Run `onward release risk list` to see them.' : `Did you mean ${meant}?`,
  });
}

export function wrongFix({
  id,
  affects,
  fixedIn,
}: {
  readonly id: string;
  readonly affects: string;
  readonly fixedIn?: string;
}): OnwardError {
  return refusal({
    code: 'release.wrong-fix',
    message: `Could not say that ${fixedIn} fixes risk "${id}": the releases that have it are ${affects}, and it is not newer.`,
    hint: 'Name the first release without it.',
  });
}
