// The Llama shape with its gradient: RMS norm, interleaved rotary positions, attention, SwiGLU, tied embedding.
// A Shard runs one part of a batch on one thread with its own gradient; shards are summed in a fixed order, so the result
// does not depend on how many threads there are.
#pragma once
#include <cmath>
#include <cstddef>
#include "gemm.h"

typedef std::vector<float> Floats;

struct Document {
  std::vector<uint16_t> tokens;
  /** Loss weight of each token in percent: 100 in answers, 10 in prompts, 0 where nothing is to be learnt. */
  std::vector<uint8_t> weights;
};

/** Width of one attention head; a constant, so that its loops live in registers. */
constexpr int HEAD = 32;

struct Shape {
  int vocabulary = 1536, width = 160, layers = 5, hidden = 416, context = 1024;
  int heads() const { return width / HEAD; }
};

struct Parameter {
  size_t offset;
  int rows, columns;
  bool matrix() const { return rows > 1; }
  size_t size() const { return (size_t)rows * columns; }
};

enum Part { ATTENTION_NORM, QUERY, KEY, VALUE, OUTPUT, HIDDEN_NORM, GATE, UP, DOWN, PARTS };

/** Where each parameter lies in the flat weight file: embedding, layers in order, final norm. */
struct Layout {
  Shape shape;
  std::vector<Parameter> all;
  size_t size = 0;
  explicit Layout(Shape s) : shape(s) {
    auto add = [&](int rows, int columns) {
      all.push_back({size, rows, columns});
      size += (size_t)rows * columns;
    };
    add(s.vocabulary, s.width);
    for (int l = 0; l < s.layers; l++) {
      add(1, s.width);
      for (int i = 0; i < 4; i++) add(s.width, s.width);
      add(1, s.width);
      add(s.hidden, s.width);
      add(s.hidden, s.width);
      add(s.width, s.hidden);
    }
    add(1, s.width);
  }
  const Parameter& embedding() const { return all[0]; }
  const Parameter& part(int layer, Part p) const { return all[1 + layer * PARTS + p]; }
  const Parameter& finalNorm() const { return all.back(); }
};

struct Score {
  double loss = 0, weight = 0;
  long hits = 0, answers = 0;
};

class Shard {
 public:
  Floats gradient;

  explicit Shard(const Layout& layout) : gradient(layout.size), layout_(layout), shape_(layout.shape), layers_(layout.shape.layers) {
    const int half = HEAD / 2;
    cosine_.resize((size_t)shape_.context * half);
    sine_.resize(cosine_.size());
    for (int t = 0; t < shape_.context; t++)
      for (int j = 0; j < half; j++) {
        const double angle = t * std::pow(10000.0, -2.0 * j / HEAD);
        cosine_[(size_t)t * half + j] = (float)std::cos(angle);
        sine_[(size_t)t * half + j] = (float)std::sin(angle);
      }
  }

  /** Forward pass; with `scale` > 0 also the gradient of scale·Σ weight·loss. Held-out scoring counts answer tokens only. */
  Score run(const float* weights, const std::vector<const Document*>& documents, double scale) {
    const bool learn = scale > 0;
    weights_ = weights;
    if (learn) std::fill(gradient.begin(), gradient.end(), 0.f);
    gather(documents, learn);
    if (rows_ == 0) return {};
    forward();
    Score score = loss(learn, (float)scale);
    if (learn) backward();
    return score;
  }

 private:
  struct Layer {
    Floats input, normed, scale, query, key, value, probability, mixed, middle, normedMiddle, scaleMiddle, gate, up, hidden;
  };
  struct Span {
    int start, length;
    size_t probability;
  };

  const Layout& layout_;
  const Shape shape_;
  const float* weights_ = nullptr;
  Workspace space_;
  std::vector<Layer> layers_;
  std::vector<Span> spans_;
  // Only rows whose next token counts (scored_) are carried to the vocabulary; target_ has all rows, weight_ these alone.
  std::vector<int> token_, position_, target_, scored_;
  Floats weight_, cosine_, sine_, x_, normed_, scale_, logits_, dx_, dn_, dq_, dk_, dv_, dm_, dh_, dg_, du_, columns_, row_, last_, dLast_;
  int rows_ = 0;

  const float* at(const Parameter& p) const { return weights_ + p.offset; }
  float* gradientOf(const Parameter& p) { return gradient.data() + p.offset; }
  static float* fit(Floats& buffer, size_t size) {
    if (buffer.size() < size) buffer.resize(size);
    return buffer.data();
  }

  void gather(const std::vector<const Document*>& documents, bool learn) {
    spans_.clear();
    token_.clear();
    position_.clear();
    target_.clear();
    weight_.clear();
    scored_.clear();
    size_t pairs = 0;
    for (const Document* d : documents) {
      const int n = std::min((int)d->tokens.size() - 1, shape_.context);
      if (n < 1) continue;
      spans_.push_back({(int)token_.size(), n, pairs});
      pairs += (size_t)shape_.heads() * n * n;
      for (int i = 0; i < n; i++) {
        const int w = d->weights[i + 1];
        token_.push_back(d->tokens[i]);
        position_.push_back(i);
        target_.push_back(d->tokens[i + 1]);
        if (w == 100 || (learn && w > 0)) {
          scored_.push_back((int)token_.size() - 1);
          weight_.push_back(w / 100.f);
        }
      }
    }
    rows_ = (int)token_.size();
    for (Layer& l : layers_) fit(l.probability, pairs);
  }

  /** y = x·Wᵀ (+ y) */
  void linear(const Parameter& p, const float* x, float* y, bool add = false) {
    multiply(space_, rows_, p.rows, p.columns, {x, p.columns}, {at(p), p.columns, true}, y, p.rows, add);
  }
  /** dx (+)= dy·W, gradient of W += dyᵀ·x */
  void linearBack(const Parameter& p, const float* x, const float* dy, float* dx, bool add) {
    multiply(space_, rows_, p.columns, p.rows, {dy, p.rows}, {at(p), p.columns}, dx, p.columns, add);
    multiply(space_, p.rows, p.columns, rows_, {dy, p.rows, true}, {x, p.columns}, gradientOf(p), p.columns, true);
  }

  void norm(const Parameter& p, const float* x, float* y, float* scale) {
    const int d = shape_.width;
    const float* gain = at(p);
    for (int i = 0; i < rows_; i++) {
      const float* from = x + (size_t)i * d;
      float* to = y + (size_t)i * d;
      float sum = 0;
      for (int j = 0; j < d; j++) sum += from[j] * from[j];
      const float s = scale[i] = 1.f / std::sqrt(sum / d + 1e-5f);
      for (int j = 0; j < d; j++) to[j] = from[j] * s * gain[j];
    }
  }
  /** dx += gradient through the norm */
  void normBack(const Parameter& p, const float* x, const float* scale, const float* dy, float* dx) {
    const int d = shape_.width;
    const float* gain = at(p);
    float* dGain = gradientOf(p);
    for (int i = 0; i < rows_; i++) {
      const float *from = x + (size_t)i * d, *e = dy + (size_t)i * d;
      float* to = dx + (size_t)i * d;
      const float s = scale[i];
      float dot = 0;
      for (int j = 0; j < d; j++) {
        dot += e[j] * gain[j] * from[j];
        dGain[j] += e[j] * from[j] * s;
      }
      dot *= s * s * s / d;
      for (int j = 0; j < d; j++) to[j] += e[j] * gain[j] * s - from[j] * dot;
    }
  }

  void rotate(float* x, float direction) {
    const int d = shape_.width, half = HEAD / 2;
    for (int i = 0; i < rows_; i++) {
      const float *c = &cosine_[(size_t)position_[i] * half], *s = &sine_[(size_t)position_[i] * half];
      for (int h = 0; h < shape_.heads(); h++) {
        float* pair = x + (size_t)i * d + h * HEAD;
        for (int j = 0; j < half; j++) {
          const float a = pair[2 * j], b = pair[2 * j + 1], sine = direction * s[j];
          pair[2 * j] = a * c[j] - b * sine;
          pair[2 * j + 1] = a * sine + b * c[j];
        }
      }
    }
  }

  void attend(Layer& l) {
    const int d = shape_.width;
    const float factor = 1.f / std::sqrt((float)HEAD);
    for (const Span& span : spans_)
      for (int h = 0; h < shape_.heads(); h++) {
        const int n = span.length;
        const size_t origin = (size_t)span.start * d + h * HEAD;
        float* keys = transposed(&l.key[origin], n);
        float* p = &l.probability[span.probability + (size_t)h * n * n];
        for (int t = 0; t < n; t++) {
          float* r = p + (size_t)t * n;
          const int m = t + 1;
          std::memset(r, 0, m * sizeof(float));
          for (int j = 0; j < HEAD; j++) {
            const float a = l.query[origin + (size_t)t * d + j] * factor, *k = keys + (size_t)j * n;
            for (int s = 0; s < m; s++) r[s] += a * k[s];
          }
          softmax(r, m);
          float out[HEAD] = {};
          for (int s = 0; s < m; s++) {
            const float* v = &l.value[origin + (size_t)s * d];
            for (int j = 0; j < HEAD; j++) out[j] += r[s] * v[j];
          }
          std::memcpy(&l.mixed[origin + (size_t)t * d], out, sizeof out);
        }
      }
  }

  void attendBack(Layer& l, const float* dOut, float* dq, float* dk, float* dv) {
    const int d = shape_.width;
    const float factor = 1.f / std::sqrt((float)HEAD);
    std::memset(dk, 0, (size_t)rows_ * d * sizeof(float));
    std::memset(dv, 0, (size_t)rows_ * d * sizeof(float));
    float* ds = fit(row_, shape_.context);
    for (const Span& span : spans_)
      for (int h = 0; h < shape_.heads(); h++) {
        const int n = span.length;
        const size_t origin = (size_t)span.start * d + h * HEAD;
        float* values = transposed(&l.value[origin], n);
        const float* p = &l.probability[span.probability + (size_t)h * n * n];
        for (int t = 0; t < n; t++) {
          const float* r = p + (size_t)t * n;
          float e[HEAD], q[HEAD], to[HEAD] = {};
          std::memcpy(e, dOut + origin + (size_t)t * d, sizeof e);
          std::memcpy(q, &l.query[origin + (size_t)t * d], sizeof q);
          const int m = t + 1;
          std::memset(ds, 0, m * sizeof(float));
          for (int j = 0; j < HEAD; j++) {
            const float a = e[j], *v = values + (size_t)j * n;
            for (int s = 0; s < m; s++) ds[s] += a * v[s];
          }
          float dot = 0;
          for (int s = 0; s < m; s++) dot += ds[s] * r[s];
          for (int s = 0; s < m; s++) ds[s] = r[s] * (ds[s] - dot) * factor;
          for (int s = 0; s < m; s++) {
            const float* __restrict k = &l.key[origin + (size_t)s * d];
            float *__restrict toKey = dk + origin + (size_t)s * d, *__restrict toValue = dv + origin + (size_t)s * d;
            const float a = ds[s], w = r[s];
            for (int j = 0; j < HEAD; j++) to[j] += a * k[j];
            for (int j = 0; j < HEAD; j++) toKey[j] += a * q[j];
            for (int j = 0; j < HEAD; j++) toValue[j] += w * e[j];
          }
          std::memcpy(dq + origin + (size_t)t * d, to, sizeof to);
        }
      }
  }

  float* transposed(const float* from, int n) {
    const int d = shape_.width;
    float* to = fit(columns_, (size_t)HEAD * n);
    for (int s = 0; s < n; s++)
      for (int j = 0; j < HEAD; j++) to[(size_t)j * n + s] = from[(size_t)s * d + j];
    return to;
  }
  static void softmax(float* r, int n) {
    float top = -1e30f, sum = 0;
    for (int i = 0; i < n; i++) top = std::max(top, r[i]);
    for (int i = 0; i < n; i++) {
      r[i] = expf(r[i] - top);
      sum += r[i];
    }
    const float inverse = 1 / sum;
    for (int i = 0; i < n; i++) r[i] *= inverse;
  }

  void forward() {
    const size_t wide = (size_t)rows_ * shape_.width, deep = (size_t)rows_ * shape_.hidden;
    float* x = fit(x_, wide);
    const float* embedding = at(layout_.embedding());
    for (int i = 0; i < rows_; i++)
      std::memcpy(x + (size_t)i * shape_.width, embedding + (size_t)token_[i] * shape_.width, shape_.width * sizeof(float));
    for (int n = 0; n < shape_.layers; n++) {
      Layer& l = layers_[n];
      for (Floats* f : {&l.input, &l.normed, &l.query, &l.key, &l.value, &l.mixed, &l.middle, &l.normedMiddle}) fit(*f, wide);
      for (Floats* f : {&l.gate, &l.up, &l.hidden}) fit(*f, deep);
      fit(l.scale, rows_);
      fit(l.scaleMiddle, rows_);
      std::memcpy(l.input.data(), x, wide * sizeof(float));
      norm(layout_.part(n, ATTENTION_NORM), x, l.normed.data(), l.scale.data());
      linear(layout_.part(n, QUERY), l.normed.data(), l.query.data());
      linear(layout_.part(n, KEY), l.normed.data(), l.key.data());
      linear(layout_.part(n, VALUE), l.normed.data(), l.value.data());
      rotate(l.query.data(), 1);
      rotate(l.key.data(), 1);
      attend(l);
      linear(layout_.part(n, OUTPUT), l.mixed.data(), x, true);
      std::memcpy(l.middle.data(), x, wide * sizeof(float));
      norm(layout_.part(n, HIDDEN_NORM), x, l.normedMiddle.data(), l.scaleMiddle.data());
      linear(layout_.part(n, GATE), l.normedMiddle.data(), l.gate.data());
      linear(layout_.part(n, UP), l.normedMiddle.data(), l.up.data());
      for (size_t i = 0; i < deep; i++) l.hidden[i] = l.gate[i] / (1.f + expf(-l.gate[i])) * l.up[i];
      linear(layout_.part(n, DOWN), l.hidden.data(), x, true);
    }
    norm(layout_.finalNorm(), x, fit(normed_, wide), fit(scale_, rows_));
    const int count = (int)scored_.size(), d = shape_.width;
    float* last = fit(last_, (size_t)count * d);
    for (int i = 0; i < count; i++) std::memcpy(last + (size_t)i * d, &normed_[(size_t)scored_[i] * d], d * sizeof(float));
    const Parameter& p = layout_.embedding();
    multiply(space_, count, p.rows, d, {last, d}, {at(p), d, true}, fit(logits_, (size_t)count * p.rows), p.rows, false);
  }

  /** Cross entropy; leaves its gradient in logits_. */
  Score loss(bool learn, float scale) {
    Score score;
    const int v = shape_.vocabulary;
    for (size_t i = 0; i < scored_.size(); i++) {
      float* r = &logits_[i * v];
      const int target = target_[scored_[i]];
      float top = -1e30f, sum = 0;
      for (int j = 0; j < v; j++) top = std::max(top, r[j]);
      if (weight_[i] == 1.f) {
        score.answers++;
        if (r[target] == top) score.hits++;
      }
      const float wanted = r[target] - top;
      for (int j = 0; j < v; j++) {
        r[j] = expf(r[j] - top);
        sum += r[j];
      }
      score.loss += weight_[i] * (logf(sum) - wanted);
      score.weight += weight_[i];
      if (learn) {
        const float c = weight_[i] * scale / sum;
        for (int j = 0; j < v; j++) r[j] *= c;
        r[target] -= weight_[i] * scale;
      }
    }
    return score;
  }

  void backward() {
    const size_t wide = (size_t)rows_ * shape_.width, deep = (size_t)rows_ * shape_.hidden;
    for (Floats* f : {&dx_, &dn_, &dq_, &dk_, &dv_, &dm_}) fit(*f, wide);
    for (Floats* f : {&dh_, &dg_, &du_}) fit(*f, deep);
    float* dx = dx_.data();
    std::memset(dx, 0, wide * sizeof(float));
    const Parameter& p = layout_.embedding();
    const int count = (int)scored_.size(), d = shape_.width;
    float* dLast = fit(dLast_, (size_t)count * d);
    multiply(space_, count, d, p.rows, {logits_.data(), p.rows}, {at(p), d}, dLast, d, false);
    multiply(space_, p.rows, d, count, {logits_.data(), p.rows, true}, {last_.data(), d}, gradientOf(p), d, true);
    std::memset(dn_.data(), 0, wide * sizeof(float));
    for (int i = 0; i < count; i++) std::memcpy(&dn_[(size_t)scored_[i] * d], dLast + (size_t)i * d, d * sizeof(float));
    normBack(layout_.finalNorm(), x_.data(), scale_.data(), dn_.data(), dx);
    for (int n = shape_.layers - 1; n >= 0; n--) {
      Layer& l = layers_[n];
      linearBack(layout_.part(n, DOWN), l.hidden.data(), dx, dh_.data(), false);
      for (size_t i = 0; i < deep; i++) {
        const float g = l.gate[i], s = 1.f / (1.f + expf(-g));
        du_[i] = dh_[i] * g * s;
        dg_[i] = dh_[i] * l.up[i] * s * (1 + g * (1 - s));
      }
      linearBack(layout_.part(n, GATE), l.normedMiddle.data(), dg_.data(), dn_.data(), false);
      linearBack(layout_.part(n, UP), l.normedMiddle.data(), du_.data(), dn_.data(), true);
      normBack(layout_.part(n, HIDDEN_NORM), l.middle.data(), l.scaleMiddle.data(), dn_.data(), dx);
      linearBack(layout_.part(n, OUTPUT), l.mixed.data(), dx, dm_.data(), false);
      attendBack(l, dm_.data(), dq_.data(), dk_.data(), dv_.data());
      rotate(dq_.data(), -1);
      rotate(dk_.data(), -1);
      linearBack(layout_.part(n, QUERY), l.normed.data(), dq_.data(), dn_.data(), false);
      linearBack(layout_.part(n, KEY), l.normed.data(), dk_.data(), dn_.data(), true);
      linearBack(layout_.part(n, VALUE), l.normed.data(), dv_.data(), dn_.data(), true);
      normBack(layout_.part(n, ATTENTION_NORM), l.input.data(), l.scale.data(), dn_.data(), dx);
    }
    float* dEmbedding = gradientOf(layout_.embedding());
    for (int i = 0; i < rows_; i++)
      for (int j = 0; j < shape_.width; j++) dEmbedding[(size_t)token_[i] * shape_.width + j] += dx[(size_t)i * shape_.width + j];
  }
};
