// What a session is called, by what its client called itself. Only the common ones are told apart: it is a hint for
// whoever signed in there, and no more.

const programs: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\bCriOS\/|Chrome\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
];

const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b/, 'Mac'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

export interface DeviceName {
  /** `Firefox on Android`, or the first word of what it called itself. */
  readonly name: string;
  readonly isHandheld: boolean;
}

export function deviceName(userAgent: string | null): DeviceName {
  const said = userAgent ?? '';
  const find = (known: typeof programs) => known.find(([pattern]) => pattern.test(said))?.[1];
  const [program, system] = [find(programs), find(systems)];
  const isHandheld = system === 'iPhone' || system === 'iPad' || system === 'Android';
  if (program !== undefined && system !== undefined)
    return { name: `${program} on ${system}`, isHandheld };
  const first = /^[^\s/]+/.exec(said)?.[0];
  return { name: program ?? system ?? first ?? 'Unknown device', isHandheld };
}
