// Single-threaded matrix product C[M×N] (+)= A[M×K]·B[K×N] for the trainer.
// With AVX512_BF16 the factors are rounded to bfloat16 and summed in single precision (twice the speed, the usual
// mixed-precision training); everywhere else, or with -DFULL_PRECISION (gradient check), all is single precision.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>
#if defined(__AVX512BF16__) && !defined(FULL_PRECISION)
#define PAIRS 1
#include <immintrin.h>
#endif

/** A matrix read as stored (element i,j at data[i*stride + j]) or transposed (data[j*stride + i]). */
struct View {
  const float* data;
  long stride;
  bool transposed = false;
};

#if defined(PAIRS) || defined(__AVX512F__)
constexpr int LANES = 16, ROWS = 12;
#else
constexpr int LANES = 8, ROWS = 6;
#endif
constexpr int COLUMNS = 2 * LANES;
typedef float Vector __attribute__((vector_size(LANES * 4)));
typedef float LooseVector __attribute__((vector_size(LANES * 4), aligned(4)));

#ifdef PAIRS
// An element is two neighbours along K in bfloat16, low half first.
typedef uint32_t Element;
constexpr int DEPTH = 2;
static inline uint32_t rounded(float x) {
  uint32_t u;
  std::memcpy(&u, &x, 4);
  return (u + 0x7fff + ((u >> 16) & 1)) >> 16;
}
static inline Element element(float low, float high) { return rounded(low) | rounded(high) << 16; }
static inline Vector multiplyAdd(Vector sum, Element a, const Element* b) {
  return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32((int)a), (__m512bh)_mm512_load_si512(b));
}
#else
typedef float Element;
constexpr int DEPTH = 1;
static inline Element element(float low, float) { return low; }
static inline Vector multiplyAdd(Vector sum, Element a, const Element* b) { return sum + (Vector{} + a) * *(const Vector*)b; }
#endif

/** One tile of at most ROWS × COLUMNS; `aRow` and `aStep` are the distances of rows and of steps along K in packed A. */
template <int aStep>
static inline void tile(int steps, const Element* a, long aRow, const Element* b, float* c, long ldc, int m, int n, bool add) {
  Vector sum[ROWS][2];
  for (int i = 0; i < ROWS; i++) sum[i][0] = sum[i][1] = Vector{};
  for (int k = 0; k < steps; k++) {
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++) {
      Element x = a[i * aRow + (long)k * aStep];
      sum[i][0] = multiplyAdd(sum[i][0], x, b + (long)k * COLUMNS);
      sum[i][1] = multiplyAdd(sum[i][1], x, b + (long)k * COLUMNS + LANES);
    }
  }
  if (m == ROWS && n == COLUMNS) {
    for (int i = 0; i < ROWS; i++)
      for (int j = 0; j < 2; j++) {
        LooseVector* to = (LooseVector*)(c + i * ldc + j * LANES);
        *to = add ? *to + sum[i][j] : sum[i][j];
      }
  } else {
    for (int i = 0; i < m; i++)
      for (int j = 0; j < n; j++) {
        float value = sum[i][j / LANES][j % LANES];
        c[i * ldc + j] = add ? c[i * ldc + j] + value : value;
      }
  }
}

/** Scratch memory of one thread. */
struct Workspace {
  std::vector<Element> a, b;
  static Element* fit(std::vector<Element>& buffer, size_t size) {
    if (buffer.size() < size + 16) buffer.resize(size + 16);
    return (Element*)(((uintptr_t)buffer.data() + 63) & ~(uintptr_t)63);
  }
};

static void multiply(Workspace& space, int M, int N, int K, View A, View B, float* C, long ldc, bool accumulate) {
  constexpr int BLOCK = 256, GROUP = 20;
  const int tilesM = (M + ROWS - 1) / ROWS, tilesN = (N + COLUMNS - 1) / COLUMNS;
  const int most = (std::min(K, BLOCK) + DEPTH - 1) / DEPTH;
  Element* a = Workspace::fit(space.a, (size_t)tilesM * ROWS * most);
  Element* b = Workspace::fit(space.b, (size_t)tilesN * COLUMNS * most);
  for (int k0 = 0; k0 < K; k0 += BLOCK) {
    const int depth = std::min(BLOCK, K - k0), steps = (depth + DEPTH - 1) / DEPTH;
    const bool add = accumulate || k0 > 0;
    for (int t = 0; t < tilesN; t++) {
      Element* to = b + (size_t)t * COLUMNS * steps;
      const int n = std::min(COLUMNS, N - t * COLUMNS);
      if (n < COLUMNS) std::memset(to, 0, (size_t)COLUMNS * steps * sizeof(Element));
      if (B.transposed)
        for (int j = 0; j < n; j++) {
          const float* from = B.data + (long)(t * COLUMNS + j) * B.stride + k0;
          for (int k = 0; k < steps; k++) to[k * COLUMNS + j] = element(from[DEPTH * k], DEPTH * k + 1 < depth ? from[DEPTH * k + 1] : 0);
        }
      else
        for (int k = 0; k < steps; k++) {
          const float* from = B.data + (long)(k0 + DEPTH * k) * B.stride + t * COLUMNS;
          const bool pair = DEPTH * k + 1 < depth;
          if (DEPTH == 2 && pair)
            for (int j = 0; j < n; j++) to[k * COLUMNS + j] = element(from[j], from[B.stride + j]);
          else
            for (int j = 0; j < n; j++) to[k * COLUMNS + j] = element(from[j], 0);
        }
    }
    if (A.transposed) {
      for (int t = 0; t < tilesM; t++) {
        Element* to = a + (size_t)t * ROWS * steps;
        const int m = std::min(ROWS, M - t * ROWS);
        if (m < ROWS) std::memset(to, 0, (size_t)ROWS * steps * sizeof(Element));
        for (int k = 0; k < steps; k++) {
          const float* from = A.data + (long)(k0 + DEPTH * k) * A.stride + t * ROWS;
          const bool pair = DEPTH * k + 1 < depth;
          if (DEPTH == 2 && pair)
            for (int i = 0; i < m; i++) to[k * ROWS + i] = element(from[i], from[A.stride + i]);
          else
            for (int i = 0; i < m; i++) to[k * ROWS + i] = element(from[i], 0);
        }
      }
    } else {
      for (int i = 0; i < M; i++) {
        const float* from = A.data + (long)i * A.stride + k0;
        Element* to = a + (size_t)i * steps;
        const int whole = depth / DEPTH;
        for (int k = 0; k < whole; k++) to[k] = element(from[DEPTH * k], DEPTH == 2 ? from[DEPTH * k + 1] : 0);
        if (whole < steps) to[whole] = element(from[DEPTH * whole], 0);
      }
      std::memset(a + (size_t)M * steps, 0, ((size_t)tilesM * ROWS - M) * steps * sizeof(Element));
    }
    // A group of rows stays in the second cache while all columns pass over it.
    for (int group = 0; group < tilesM; group += GROUP)
      for (int tn = 0; tn < tilesN; tn++)
        for (int tm = group; tm < std::min(tilesM, group + GROUP); tm++) {
          float* c = C + (long)tm * ROWS * ldc + (long)tn * COLUMNS;
          const Element* panel = b + (size_t)tn * COLUMNS * steps;
          const int m = std::min(ROWS, M - tm * ROWS), n = std::min(COLUMNS, N - tn * COLUMNS);
          if (A.transposed) tile<ROWS>(steps, a + (size_t)tm * ROWS * steps, 1, panel, c, ldc, m, n, add);
          else tile<1>(steps, a + (size_t)tm * ROWS * steps, steps, panel, c, ldc, m, n, add);
        }
  }
}
