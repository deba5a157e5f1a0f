import { seen } from "../lib/presence.ts";

const LONGEST_MS = 15 * 60_000;
const TICK_MS = 80;
const KEPT_LEVELS = 96;
const KINDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];

/** A voice note in the making: sound from the microphone, and how loud it was. */
export class Recording {
  ms = $state(0);
  levels = $state.raw<number[]>([]);
  #recorder: MediaRecorder | undefined;
  #stream: MediaStream | undefined;
  #context: AudioContext | undefined;
  #pieces: Blob[] = [];
  #timer = 0;
  #ended = false;

  /** Raises if there is no microphone, or none may be used. `full` is called when the longest time is reached. */
  async start(full: () => void): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (this.#ended) return stop(stream);
    this.#stream = stream;
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind)) ?? "";
    this.#recorder = new MediaRecorder(stream, { ...(mimeType && { mimeType }), audioBitsPerSecond: 32_000 });
    this.#recorder.ondataavailable = (event) => this.#pieces.push(event.data);
    this.#recorder.start(1000);
    this.#measure(stream, performance.now(), full);
  }

  async stop(): Promise<{ sound: Blob; duration_ms: number; levels: number[] } | undefined> {
    const recorder = this.#recorder;
    if (!recorder || recorder.state === "inactive") return undefined;
    const ended = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.stop();
    await ended;
    this.#release();
    const type = recorder.mimeType.split(";")[0] ?? "";
    return { sound: new Blob(this.#pieces, { type }), duration_ms: Math.round(this.ms), levels: shrink(this.levels) };
  }

  cancel(): void {
    this.#ended = true;
    if (this.#recorder && this.#recorder.state !== "inactive") this.#recorder.stop();
    this.#release();
  }

  #measure(stream: MediaStream, begun: number, full: () => void): void {
    this.#context = new AudioContext();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 512;
    this.#context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Uint8Array(analyser.fftSize);
    this.#timer = window.setInterval(() => {
      analyser.getByteTimeDomainData(samples);
      const loudest = samples.reduce((most, one) => Math.max(most, Math.abs(one - 128)), 0);
      this.levels = [...this.levels, Math.min(255, loudest * 2)];
      this.ms = performance.now() - begun;
      seen();
      if (this.ms >= LONGEST_MS) full();
    }, TICK_MS);
  }

  #release(): void {
    clearInterval(this.#timer);
    if (this.#stream) stop(this.#stream);
    void this.#context?.close().catch(() => undefined);
    this.#context = undefined;
  }
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** At most `KEPT_LEVELS` of them, each the loudest of its stretch. */
function shrink(levels: number[]): number[] {
  const step = Math.max(1, levels.length / KEPT_LEVELS);
  const kept: number[] = [];
  for (let i = 0; i < levels.length; i += step)
    kept.push(Math.max(...levels.slice(Math.floor(i), Math.floor(i + step) || 1)));
  return kept.map((one) => (Number.isFinite(one) ? one : 0));
}
