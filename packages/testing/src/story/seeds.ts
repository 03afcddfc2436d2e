/** Seeds of stories that once ended badly, and what they had found. None may ever leave this list. */
export const seeds: readonly (readonly [seed: number, found: string])[] = [];
