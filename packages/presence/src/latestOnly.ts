type Work = () => Promise<object>;

interface Waiting {
  work: Work;
  begin: () => void;
  result: Promise<object>;
}

interface Lane {
  waiting: Waiting | undefined;
}

/**
 * Runs one task per key at a time. Tasks arriving meanwhile are coalesced: only the latest runs,
 * and all callers get its result. A flood of superseding tasks costs no more than running them one
 * after the other.
 */
export function createLatestOnly() {
  const lanes = new Map<string, Lane>();

  async function run(key: string, lane: Lane, work: Work): Promise<object> {
    try {
      return await work();
    } finally {
      const { waiting } = lane;
      lane.waiting = undefined;
      if (waiting === undefined) lanes.delete(key);
      else waiting.begin();
    }
  }

  return (key: string, work: Work): Promise<object> => {
    const lane = lanes.get(key);
    if (lane === undefined) {
      const fresh: Lane = { waiting: undefined };
      lanes.set(key, fresh);
      return run(key, fresh, work);
    }
    if (lane.waiting !== undefined) {
      lane.waiting.work = work;
      return lane.waiting.result;
    }
    let begin: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const waiting: Waiting = { work, begin, result: turn.then(() => run(key, lane, waiting.work)) };
    lane.waiting = waiting;
    return waiting.result;
  };
}
