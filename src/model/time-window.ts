/** A span of the day in a time zone, on some days of the week. Over midnight, the day is the one on which it begins. */
export interface TimeWindow {
  /** As it was written. */
  readonly text: string;
  /** 0 is Monday. */
  readonly days: readonly number[];
  /** Minutes of the day on the clock of the zone; `to` is at most 1440. */
  readonly from: number;
  readonly to: number;
  /** An IANA name such as `Europe/Zurich`. */
  readonly zone: string;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const DAY_MINUTES = 24 * 60;
/** Offsets of time zones, and the moments at which they change, are multiples of it. */
const QUARTER_MINUTES = 15;
const MINUTE_MS = 60_000;
const FORM = /^(?:([A-Za-z,-]+) +)?(\d{2}):(\d{2})-(\d{2}):(\d{2}) +(\S+)$/;
const EXAMPLE = 'such as "22:00-06:00 Europe/Zurich" or "Sat-Sun 00:00-24:00 UTC"';

/** Reads `[days ]HH:MM-HH:MM zone`. What is wrong with the text, when something is. */
export function parseTimeWindow(text: string): TimeWindow | { readonly problem: string } {
  const match = FORM.exec(text);
  if (!match) return { problem: `must be a time window ${EXAMPLE}` };
  const [, named, fromHour, fromMinute, toHour, toMinute, zone = ''] = match;
  const from = parseTime(fromHour, fromMinute);
  const to = parseTime(toHour, toMinute);
  if (from === undefined || from === DAY_MINUTES)
    return { problem: `must begin at a time from 00:00 to 23:59, not at ${fromHour}:${fromMinute}` };
  if (to === undefined) return { problem: `must end at a time from 00:00 to 24:00, not at ${toHour}:${toMinute}` };
  if (from === to) return { problem: 'must not end when it begins; the whole day is 00:00-24:00' };
  const days = parseDays(named);
  if ('problem' in days) return days;
  if (!isZone(zone)) return { problem: `must name a time zone such as UTC or Europe/Zurich, not "${zone}"` };
  return { text, days: days.days, from, to, zone };
}

/** Whether a moment, in milliseconds since 1970, lies in one of the windows. Without a window, every moment does. */
export function isInWindows(windows: readonly TimeWindow[], atMs: number): boolean {
  return windows.length === 0 || windows.some((window) => isOpenAt(window, readClock(window.zone, atMs)));
}

/** The first whole minute from a moment on that lies in a window; `undefined` when there is none within two weeks. */
export function nextOpening(windows: readonly TimeWindow[], atMs: number): number | undefined {
  if (isInWindows(windows, atMs)) return atMs;
  const first = Math.ceil(atMs / MINUTE_MS);
  for (const { minute, isOpen } of walkMinutes(windows, first, first + 14 * DAY_MINUTES))
    if (isOpen) return minute * MINUTE_MS;
  return undefined;
}

/** The moment by which so many milliseconds of the windows have gone by; `undefined` when that takes more than a year. */
export function addOpenTime(windows: readonly TimeWindow[], atMs: number, workMs: number): number | undefined {
  if (windows.length === 0) return atMs + workMs;
  const first = Math.floor(atMs / MINUTE_MS);
  let leftMs = workMs;
  for (const { minute, isOpen } of walkMinutes(windows, first, first + 366 * DAY_MINUTES)) {
    if (!isOpen) continue;
    const fromMs = Math.max(atMs, minute * MINUTE_MS);
    const spanMs = (minute + 1) * MINUTE_MS - fromMs;
    if (leftMs <= spanMs) return fromMs + leftMs;
    leftMs -= spanMs;
  }
  return undefined;
}

/** Each minute since 1970 from one to before another. The clock of a zone is looked up once for each quarter of an hour. */
function* walkMinutes(
  windows: readonly TimeWindow[],
  first: number,
  end: number,
): Generator<{ readonly minute: number; readonly isOpen: boolean }> {
  for (let minute = first; minute < end; ) {
    const next = minute - (minute % QUARTER_MINUTES) + QUARTER_MINUTES;
    const clocks = windows.map((window) => ({ window, clock: readClock(window.zone, minute * MINUTE_MS) }));
    for (let passed = 0; minute < next; minute += 1, passed += 1)
      yield {
        minute,
        isOpen: clocks.some(({ window, clock }) => isOpenAt(window, { ...clock, minute: clock.minute + passed })),
      };
  }
}

/** What a clock of a zone shows: the day, 0 is Monday, and the minute of the day. */
interface WallClock {
  readonly day: number;
  readonly minute: number;
}

function isOpenAt({ days, from, to }: TimeWindow, { day, minute }: WallClock): boolean {
  if (from < to) return days.includes(day) && minute >= from && minute < to;
  return (days.includes(day) && minute >= from) || (days.includes((day + 6) % 7) && minute < to);
}

/** Made once for each zone: making one takes a hundred times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function readClock(zone: string, atMs: number): WallClock {
  let format = formats.get(zone);
  if (!format) {
    const parts = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, ...parts });
    formats.set(zone, format);
  }
  const shown = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return { day: DAYS.indexOf(shown.weekday ?? ''), minute: Number(shown.hour) * 60 + Number(shown.minute) };
}

function parseTime(hour: string | undefined, minute: string | undefined): number | undefined {
  const minutes = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && minutes <= DAY_MINUTES ? minutes : undefined;
}

function parseDays(text: string | undefined): { readonly days: readonly number[] } | { readonly problem: string } {
  if (text === undefined) return { days: [0, 1, 2, 3, 4, 5, 6] };
  const days = new Set<number>();
  for (const span of text.split(',')) {
    const [first = '', last = first, ...more] = span.split('-');
    const unknown = [first, last].find((name) => !DAYS.includes(name));
    if (unknown !== undefined || more.length > 0)
      return { problem: `must name days such as Mon-Fri or Sat,Sun, not "${span}"` };
    for (let day = DAYS.indexOf(first); ; day = (day + 1) % 7) {
      days.add(day);
      if (day === DAYS.indexOf(last)) break;
    }
  }
  return { days: [...days].sort() };
}

function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
