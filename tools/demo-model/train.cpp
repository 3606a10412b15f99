// Trains the demo model from scratch on token files written by corpus.ts.
//   train CORPUS HELD_OUT CHECKPOINT [--steps N] [--decay N] [--until N] [--batch TOKENS] [--rate FACTOR] [--seed N] [--check-gradient]
// The corpus is read once, in order, so a run is fixed by corpus, seed and the two step counts. The checkpoint holds
// weights, momenta and the place in the corpus; a run that finds one continues it. The learning rate is flat after a short
// warm-up and falls over the last --decay steps, so a run may be shortened before the fall begins without changing its past.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include "network.h"

static constexpr int SHARDS = 2, WARM_UP = 60, REPORT = 20, SAVE = 100;
static constexpr float ADAM_RATE = 0.004f, MUON_RATE = 0.02f, FLOOR = 0.02f;
static constexpr uint32_t MAGIC = 0x53504d31;

static void die(const std::string& message) {
  std::fprintf(stderr, "train: %s\n", message.c_str());
  std::exit(1);
}

/** Documents of a token file, one after the other: count, then 16-bit tokens, then 8-bit weights. */
class Reader {
 public:
  explicit Reader(const char* path) : file_(std::fopen(path, "rb")) {
    if (!file_) die(std::string("cannot open ") + path);
  }
  ~Reader() { std::fclose(file_); }
  bool next(Document& d) {
    uint32_t n;
    if (std::fread(&n, 4, 1, file_) != 1) return false;
    if (n == 0 || n > 65536) die("the token file is damaged");
    d.tokens.resize(n);
    d.weights.resize(n);
    if (std::fread(d.tokens.data(), 2, n, file_) != n || std::fread(d.weights.data(), 1, n, file_) != n) die("the token file is cut off");
    return true;
  }
  long place() const { return std::ftell(file_); }
  void seek(long place) { std::fseek(file_, place, SEEK_SET); }

 private:
  FILE* file_;
};

struct Training {
  const Layout& layout;
  Floats weights, first, second;
  int step = 0;
  long place = 0, tokens = 0;

  Training(const Layout& l, unsigned seed) : layout(l), weights(l.size), first(l.size), second(l.size) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 1);
    for (size_t i = 0; i < l.all.size(); i++) {
      const Parameter& p = l.all[i];
      const int part = i == 0 ? -1 : (int)(i - 1) % PARTS;
      // Matrices that write into the residual stream start smaller, so that its size does not grow with depth.
      const float deviation = part == OUTPUT || part == DOWN ? 0.02f / std::sqrt(2.f * l.shape.layers) : 0.02f;
      for (size_t k = 0; k < p.size(); k++) weights[p.offset + k] = p.matrix() ? normal(random) * deviation : 1.f;
    }
  }

  void save(const char* path) const {
    const std::string part = std::string(path) + ".part";
    FILE* f = std::fopen(part.c_str(), "wb");
    if (!f) die("cannot write " + part);
    const int64_t head[4] = {MAGIC, step, place, tokens};
    bool ok = std::fwrite(head, sizeof head, 1, f) == 1;
    for (const Floats* v : {&weights, &first, &second}) ok = ok && std::fwrite(v->data(), 4, v->size(), f) == v->size();
    if (std::fclose(f) != 0 || !ok || std::rename(part.c_str(), path) != 0) die("cannot write " + part);
  }
  bool load(const char* path) {
    FILE* f = std::fopen(path, "rb");
    if (!f) return false;
    int64_t head[4];
    bool ok = std::fread(head, sizeof head, 1, f) == 1 && head[0] == MAGIC;
    for (Floats* v : {&weights, &first, &second}) ok = ok && std::fread(v->data(), 4, v->size(), f) == v->size();
    std::fclose(f);
    if (!ok) die(std::string("not a checkpoint of this shape: ") + path);
    step = (int)head[1];
    place = head[2];
    tokens = head[3];
    return true;
  }
};

/** Muon: replaces a momentum matrix by the nearest orthogonal one (five Newton-Schulz steps). */
static void orthogonalise(Workspace& space, float* g, int rows, int columns) {
  const bool flip = rows > columns;
  const int m = flip ? columns : rows, n = flip ? rows : columns;
  Floats x((size_t)m * n), a((size_t)m * m), b((size_t)m * m), next((size_t)m * n);
  double square = 0;
  for (int i = 0; i < m * n; i++) square += (double)g[i] * g[i];
  const float inverse = 1.f / ((float)std::sqrt(square) + 1e-7f);
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) x[flip ? (size_t)j * rows + i : (size_t)i * columns + j] = g[(size_t)i * columns + j] * inverse;
  for (int round = 0; round < 5; round++) {
    multiply(space, m, m, n, {x.data(), n}, {x.data(), n, true}, a.data(), m, false);
    multiply(space, m, m, m, {a.data(), m}, {a.data(), m}, b.data(), m, false);
    for (int i = 0; i < m * m; i++) b[i] = 2.0315f * b[i] - 4.7750f * a[i];
    multiply(space, m, n, m, {b.data(), m}, {x.data(), n}, next.data(), n, false);
    for (int i = 0; i < m * n; i++) x[i] = 3.4445f * x[i] + next[i];
  }
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) g[(size_t)i * columns + j] = x[flip ? (size_t)j * rows + i : (size_t)i * columns + j];
}

/** One update: Muon for the matrices inside the layers, AdamW for embedding and norms. */
static void update(Training& t, Floats& gradient, float rate) {
  double square = 0;
  for (float g : gradient) square += (double)g * g;
  const float clip = square > 1 ? (float)(1 / std::sqrt(square)) : 1;
  const float correct1 = 1 - std::pow(0.9f, (float)t.step), correct2 = 1 - std::pow(0.98f, (float)t.step);
#pragma omp parallel for schedule(dynamic, 1)
  for (size_t i = 0; i < t.layout.all.size(); i++) {
    const Parameter& p = t.layout.all[i];
    float *w = &t.weights[p.offset], *g = &gradient[p.offset], *m = &t.first[p.offset], *v = &t.second[p.offset];
    if (p.matrix() && i > 0) {
      Workspace space;
      for (size_t k = 0; k < p.size(); k++) {
        m[k] = 0.95f * m[k] + g[k];
        g[k] += 0.95f * m[k];
      }
      orthogonalise(space, g, p.rows, p.columns);
      const float muon = MUON_RATE * rate, size = muon * std::sqrt(std::max(1.f, (float)p.rows / p.columns));
      for (size_t k = 0; k < p.size(); k++) w[k] -= size * g[k] + muon * 0.02f * w[k];
    } else {
      const float adam = ADAM_RATE * rate, decay = p.matrix() ? 0.05f * adam : 0.f;
      for (size_t k = 0; k < p.size(); k++) {
        const float e = g[k] * clip;
        m[k] = 0.9f * m[k] + 0.1f * e;
        v[k] = 0.98f * v[k] + 0.02f * e * e;
        w[k] -= adam * (m[k] / correct1) / (std::sqrt(v[k] / correct2) + 1e-8f) + decay * w[k];
      }
    }
  }
}

static Score scoreOf(Shard& shard, const Floats& weights, const std::vector<Document>& documents) {
  Score total;
  for (size_t i = 0; i < documents.size();) {
    std::vector<const Document*> batch;
    for (size_t tokens = 0; i < documents.size() && tokens < 2048; i++) {
      batch.push_back(&documents[i]);
      tokens += documents[i].tokens.size();
    }
    const Score s = shard.run(weights.data(), batch, 0);
    total.loss += s.loss;
    total.weight += s.weight;
    total.hits += s.hits;
    total.answers += s.answers;
  }
  return total;
}

/** Compares the analytic gradient with differences along random directions; build with -DFULL_PRECISION. */
static int checkGradient(Training& t, Reader& corpus) {
  std::vector<Document> documents(6);
  std::vector<const Document*> batch;
  for (Document& d : documents)
    if (corpus.next(d)) batch.push_back(&d);
  Shard shard(t.layout), other(t.layout);
  shard.run(t.weights.data(), batch, 1);
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 1);
  int wrong = 0;
  for (size_t i = 0; i < t.layout.all.size(); i++) {
    const Parameter& p = t.layout.all[i];
    Floats direction(p.size());
    double length = 0, analytic = 0, loss[2];
    for (float& x : direction) length += (x = normal(random)) * x;
    length = std::sqrt(length);
    for (size_t k = 0; k < p.size(); k++) analytic += shard.gradient[p.offset + k] * direction[k] / length;
    const Floats saved(t.weights.begin() + p.offset, t.weights.begin() + p.offset + p.size());
    const double step = 0.02;
    for (int side = 0; side < 2; side++) {
      for (size_t k = 0; k < p.size(); k++) t.weights[p.offset + k] = saved[k] + (float)((side ? -step : step) * direction[k] / length);
      loss[side] = other.run(t.weights.data(), batch, 1).loss;
    }
    std::copy(saved.begin(), saved.end(), t.weights.begin() + p.offset);
    const double numeric = (loss[0] - loss[1]) / (2 * step);
    const bool bad = std::abs(numeric - analytic) > 0.02 * std::max(0.2, std::abs(analytic));
    wrong += bad;
    std::printf("%3zu %4d × %-4d numeric %11.6f analytic %11.6f%s\n", i, p.rows, p.columns, numeric, analytic, bad ? "  WRONG" : "");
  }
  return wrong ? 1 : 0;
}

int main(int count, char** values) {
  if (count < 4) die("usage: train CORPUS HELD_OUT CHECKPOINT [--steps N] [--decay N] [--until N] [--batch TOKENS] [--rate FACTOR] [--seed N] [--check-gradient]");
  int steps = 7000, decay = 1800, until = 1 << 30, seed = 1, batchTokens = 4096;
  float peak = 1;
  bool check = false;
  for (int i = 4; i < count; i++) {
    const std::string name = values[i];
    if (name == "--check-gradient") check = true;
    else if (i + 1 >= count) die("no value for " + name);
    else if (name == "--steps") steps = std::atoi(values[++i]);
    else if (name == "--decay") decay = std::atoi(values[++i]);
    else if (name == "--until") until = std::atoi(values[++i]);
    else if (name == "--batch") batchTokens = std::atoi(values[++i]);
    else if (name == "--rate") peak = (float)std::atof(values[++i]);
    else if (name == "--seed") seed = std::atoi(values[++i]);
    else die("unknown option " + name);
  }
  Reader corpus(values[1]), heldFile(values[2]);
  std::vector<Document> held;
  for (Document d; held.size() < 300 && heldFile.next(d);) held.push_back(d);

  const Layout layout{Shape{}};
  Training t(layout, seed);
  if (check) return checkGradient(t, corpus);
  if (t.load(values[3])) corpus.seek(t.place);
  std::printf("%.3f M parameters, from step %d to %d\n", layout.size / 1e6, t.step, steps);

  std::vector<Shard> shards;
  for (int i = 0; i < SHARDS; i++) shards.emplace_back(layout);
  const auto begin = std::chrono::steady_clock::now();
  const long before = t.tokens;
  double average = 0;
  until = std::min(until, steps);
  while (t.step < until) {
    std::vector<Document> documents;
    for (int n = 0; n < batchTokens;) {
      Document d;
      if (!corpus.next(d)) die("the corpus is too short for so many steps");
      n += (int)d.tokens.size();
      t.tokens += (long)d.tokens.size();
      documents.push_back(std::move(d));
    }
    std::vector<const Document*> batch[SHARDS];
    size_t load[SHARDS] = {};
    double weight = 0;
    for (const Document& d : documents) {
      const int least = (int)(std::min_element(load, load + SHARDS) - load);
      batch[least].push_back(&d);
      load[least] += d.tokens.size();
      for (size_t i = 1; i < d.weights.size(); i++) weight += d.weights[i] / 100.0;
    }
    Score scores[SHARDS];
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < SHARDS; i++) scores[i] = shards[i].run(t.weights.data(), batch[i], weight > 0 ? 1 / weight : 0);
    for (int i = 1; i < SHARDS; i++)
      for (size_t k = 0; k < layout.size; k++) shards[0].gradient[k] += shards[i].gradient[k];
    t.step++;
    double loss = 0;
    for (const Score& s : scores) loss += s.loss;
    loss /= weight;
    average = average == 0 ? loss : average * 0.98 + loss * 0.02;
    const float left = (float)(steps - t.step + 1) / decay, warm = std::min(1.f, (float)t.step / WARM_UP);
    update(t, shards[0].gradient, peak * warm * std::max(FLOOR, std::min(1.f, left)));
    if (loss > 1e6) die("the loss is no longer a number");
    if (t.step % REPORT == 0 || t.step == 1) {
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      std::printf("step %d loss %.4f average %.4f, %.1f M tokens, %.0f tokens/s, %.0f CPU s\n", t.step, loss, average, t.tokens / 1e6,
                  (double)(t.tokens - before) / seconds, (double)std::clock() / CLOCKS_PER_SEC);
      std::fflush(stdout);
    }
    if (t.step % SAVE == 0 || t.step == until) {
      t.place = corpus.place();
      t.save(values[3]);
      const Score s = scoreOf(shards[0], t.weights, held);
      std::printf("  held out: loss %.4f, %.2f %% of answer tokens\n", s.loss / s.weight, 100.0 * s.hits / std::max(1L, s.answers));
      std::fflush(stdout);
    }
  }
  return 0;
}
