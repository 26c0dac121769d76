// classification_sample_test.h: forty scored rows; the tests' wanted values were computed from the definitions by an
// independent program with arithmetic of 200 bits.
#pragma once

#include <cstdint>

namespace plumb::stats {

inline constexpr uint8_t kSampleLabels[] = {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0,
                                            0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
inline constexpr double kSampleScores[] = {0.48, 0.25, 0.27, 0.44, 0.39, 0.41, 0.56, 0.61, 0.65, 0.36,
                                           0.26, 0.8,  0.45, 0.44, 0.26, 0.56, 0.63, 0.58, 0.69, 0.34,
                                           0.35, 0.26, 0.7,  0.69, 0.17, 0.85, 0.71, 0.35, 0.86, 0.99,
                                           0.46, 0.67, 0.99, 0.15, 0.25, 0.51, 0.31, 0.3,  0.61, 0.56};
inline constexpr double kSampleOtherScores[] = {0.51, 0.12, 0.56, 0.48, 0.47, 0.46, 0.38, 0.38, 0.43, 0.57,
                                                0.23, 0.68, 0.4,  0.54, 0.37, 0.52, 0.47, 0.25, 0.65, 0.39,
                                                0.49, 0.37, 0.52, 0.68, 0.11, 0.63, 0.55, 0.4,  0.95, 0.89,
                                                0.55, 0.59, 0.84, 0.21, 0.28, 0.22, 0.29, 0.21, 0.61, 0.56};

}  // namespace plumb::stats
