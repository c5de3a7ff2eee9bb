using DiffusionSharp.Noise;

namespace DiffusionSharp.Training.Objectives;

/// <summary>
/// Teaches one network both m(x, t, label) and m(x, t): now and then a label is replaced by the null class (Ho and Salimans 2022,
/// algorithm 1), and so always is one that is not there, -1. Whether a label is replaced is a pure function of (seed, position), whatever
/// the batches and micro-batches are.
/// </summary>
/// <param name="Probability">Of replacing a label, 0…1.</param>
/// <param name="NullClass">The label that stands for none.</param>
internal sealed record LabelDropout(double Probability, int NullClass)
{
    // Keeps this stream apart from the others of the same seed.
    private const ulong Salt = 0xA0761D64_78BD642F;

    /// <summary>Replaces labels.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="position">Position in the run of the image that the first label belongs to.</param>
    /// <param name="labels">The labels.</param>
    public void Apply(ulong seed, long position, Span<int> labels)
    {
        Span<double> drawn = stackalloc double[1];
        for (var i = 0; i < labels.Length; i++)
        {
            CounterNoise.Uniform(seed ^ Salt, position + i, drawn);
            if (drawn[0] < Probability || labels[i] < 0)
            {
                labels[i] = NullClass;
            }
        }
    }
}
