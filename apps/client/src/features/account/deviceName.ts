// Names a session after its user agent. Only common browsers and systems are recognized: the name is a hint for the
// user, nothing depends on it.

const browsers: readonly (readonly [RegExp, string])[] = [
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
  /** `Firefox on Android`, or the first word of an unknown user agent. */
  readonly name: string;
  readonly isHandheld: boolean;
}

export function deviceName(userAgent: string | null): DeviceName {
  const agent = userAgent ?? '';
  const find = (known: typeof browsers) => known.find(([pattern]) => pattern.test(agent))?.[1];
  const [browser, system] = [find(browsers), find(systems)];
  const isHandheld = system === 'iPhone' || system === 'iPad' || system === 'Android';
  if (browser !== undefined && system !== undefined)
    return { name: `${browser} on ${system}`, isHandheld };
  const first = /^[^\s/]+/.exec(agent)?.[0];
  return { name: browser ?? system ?? first ?? 'Unknown device', isHandheld };
}
