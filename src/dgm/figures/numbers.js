/* Numbers that more than one figure needs, and how they read: pure functions in float64, no drawing.
   The decoder is the trained network of bars.json: z -> 32 tanh -> the logits of 16 pixels. */

const [HIDDEN, PIXELS] = [32, 16];
const clamp = (v, lo, hi) => Math.min(hi, Math.max(lo, v));
const grid = (n, lo, hi) => Float64Array.from({ length: n }, (_, i) => lo + (hi - lo) * i / (n - 1));
const sum = (f) => f.reduce((s, v) => s + v, 0);
const trapezoid = (f, h) => h * (sum(f) - 0.5 * (f[0] + f[f.length - 1]));
const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));    // log(1 + e^a)
function moments(f) {                                         // mean, standard deviation, standard error of the mean
  const mean = sum(f) / f.length, spread = Math.sqrt(sum(f.map((v) => (v - mean) ** 2)) / (f.length - 1));
  return { mean, spread, error: spread / Math.sqrt(f.length) };
}
const histogram = (f, bins, lo, hi) =>                        // what lies outside is left out
  f.reduce((n, v) => { n[Math.floor((v - lo) / (hi - lo) * bins)] += 1; return n; }, new Float64Array(bins));
const logNormal = (z, mu = 0, sigma = 1) =>
  -0.5 * ((z - mu) / sigma) ** 2 - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI);

function floats(base64) {                                     // float32, little-endian
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return Float64Array.from(new Float32Array(bytes.buffer));
}

function logits(w, z) {                                       // w: a, b (32 each), A (16 x 32), c (16) in one row
  const out = w.slice(-PIXELS);
  for (let i = 0; i < HIDDEN; i++) {
    const h = Math.tanh(w[i] * z + w[HIDDEN + i]);
    for (let d = 0; d < PIXELS; d++) out[d] += w[2 * HIDDEN + d * HIDDEN + i] * h;
  }
  return out;
}

function network(w, [inputs, hidden, outputs], x) {          // x -> hidden tanh -> outputs: weights, then biases, layer by layer in one row
  const bias = inputs * hidden, last = bias + hidden, out = w.slice(last + hidden * outputs);
  for (let i = 0; i < hidden; i++) {
    let a = w[bias + i];
    for (let j = 0; j < inputs; j++) a += w[i * inputs + j] * x[j];
    const h = Math.tanh(a);
    for (let d = 0; d < outputs; d++) out[d] += w[last + d * hidden + i] * h;
  }
  return out;
}

const unhex = (text) => Array.from(text, (c) => [8, 4, 2, 1].map((place) => +((parseInt(c, 16) & place) > 0))).flat();   // stored pixels
const meanImage = (w, z) => logits(w, z).map(sigmoid);        // the mean of p(x|z), pixel by pixel

function logLik(w, x, z) {                                    // log p(x|z) in nats
  const a = logits(w, z);
  let s = 0;
  for (let d = 0; d < PIXELS; d++) s += x[d] * a[d] - softplus(a[d]);
  return s;
}

function evidences(w, marks = 1001) {                         // x -> log p(x|z), p(x, z) and log p(x), on the prior's ruler; the decoder runs once
  const z = grid(marks, -8, 8), rows = Array.from(z, (v) => logits(w, v)), rest = rows.map((row) => row.reduce((s, a) => s + softplus(a), 0));
  return (x) => {
    const logLik = z.map((_, i) => rows[i].reduce((s, a, d) => s + x[d] * a, -rest[i])), joint = z.map((v, i) => Math.exp(logLik[i] + logNormal(v)));
    return { z, logLik, joint, peak: Math.max(...joint), log: Math.log(trapezoid(joint, z[1] - z[0])) };
  };
}
const evidenceOf = (w, x) => evidences(w)(x);
// The ELBO of q = N(mu, sigma^2) and its slopes in mu and log sigma, from log p(x|z) on that ruler; sigma above twice its step. The slope
// of E[f] in mu is E[f t] / sigma, in log sigma E[f (t^2 - 1)], with t = (z - mu) / sigma: no derivative of the network.
function elboOf({ z, logLik }, mu, logSigma) {
  const sigma = Math.exp(logSigma), h = z[1] - z[0], scale = h / sigma / Math.sqrt(2 * Math.PI);
  let [mean, first, second] = [0, 0, 0];
  for (let i = 0; i < z.length; i++) {
    const t = (z[i] - mu) / sigma, f = scale * Math.exp(-0.5 * t * t) * logLik[i] * (i % (z.length - 1) ? 1 : 0.5);
    mean += f; first += f * t; second += f * (t * t - 1);
  }
  return { elbo: mean - 0.5 * (mu * mu + sigma * sigma - 1) + logSigma, slopes: [first / sigma - mu, second - sigma * sigma + 1] };
}

// ---------- the decoder that a person would draw: three tanh walls cut z into four columns (bars_by_hand in dgm.nets)

const QUARTILE = 0.6744897501960817;
const columns = (x) => [0, 1, 2, 3].map((c) => x.reduce((s, v, d) => s + (d % 4 === c ? v : 0), 0));     // pixels that are on in each

function byHand(z, see, slope = 4, shift = 0, flip = 0.05) { // see(column, logit of its pixels, the logit's slope in z)
  const odds = Math.log((1 - flip) / flip);
  for (let c = 0, left = 1, dLeft = 0; c < 4; c++) {
    const right = c < 3 ? Math.tanh(slope * (z - shift - QUARTILE * (c - 1))) : -1, dRight = c < 3 ? slope * (1 - right * right) : 0;
    see(c, odds * (left - right - 1), odds * (dLeft - dRight));
    [left, dLeft] = [right, dRight];
  }
}
function handImage(z, slope, shift) {                         // the mean of p(x|z)
  const mean = new Float64Array(PIXELS);
  byHand(z, (c, a) => { for (let d = c; d < PIXELS; d += 4) mean[d] = sigmoid(a); }, slope, shift);
  return mean;
}
function handLogLik(n, z, slope, shift) {                     // log p(x|z) in nats, and its slope in z; n: the image's columns
  let value = 0, rise = 0;
  byHand(z, (c, a, da) => {
    value += n[c] * a - 4 * softplus(a);
    rise += (n[c] - 4 * sigmoid(a)) * da;
  }, slope, shift);
  return [value, rise];
}

// ---------- noise: mulberry32, the same numbers for a seed wherever it runs; normal ones by Box and Muller

function uniforms(seed, n = PIXELS) {
  let a = Math.imul(seed, 0x9e3779b9);
  return Array.from({ length: n }, () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  });
}
function normals(seed, n) {
  const u = uniforms(seed, 2 * n);
  return Float64Array.from({ length: n }, (_, i) => Math.sqrt(-2 * Math.log(1 - u[2 * i])) * Math.cos(2 * Math.PI * u[2 * i + 1]));
}

// ---------- as text

const fix = (v, digits = 2) =>                                // a real minus, and never "-0.00"
  v.toFixed(digits).replace(/^-(?=0\.?0*$)/, "").replace("-", "\u2212");
const raise = (n) => String(n).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
function sig(v) {                                             // three significant digits: 0.109, 2.05 x 10^-6
  if (v >= 1e-3 || v === 0) return v.toPrecision(3);
  const power = Math.floor(Math.log10(v));
  return `${(v / 10 ** power).toFixed(2)} \u00d7 10${raise(power)}`;
}
function percent(share) {                                     // 100%, 56%, 4.3%, 0.09%, 0.0003%
  const v = 100 * share;
  return `${v >= 10 || v === 0 ? v.toFixed(0) : v.toFixed(v >= 1 ? 1 : -Math.floor(Math.log10(v)))}%`;
}
