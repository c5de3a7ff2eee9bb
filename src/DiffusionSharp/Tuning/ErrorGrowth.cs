using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Tuning;

/// <summary>
/// How much larger an error made on the way is at the end. At a few levels an error of the kind a step makes is put on the
/// trajectory, and a run from there to the end says what becomes of it in the typical (median) image. The mean would be that of the
/// few images that the error turns into another picture.
/// </summary>
internal sealed class ErrorGrowth
{
    private readonly int[] levels;
    private readonly double[] factors;

    /// <summary>Takes measured factors.</summary>
    /// <param name="levels">Levels of the trajectory, rising; the last is its end.</param>
    /// <param name="factors">The factor at each.</param>
    public ErrorGrowth(int[] levels, double[] factors) => (this.levels, this.factors) = (levels, factors);

    /// <summary>The factor at a level: linear between those measured, and that of the first above it.</summary>
    public double At(int level)
    {
        var above = Array.FindIndex(levels, l => l >= level);
        if (above == 0 || levels[above] == level)
        {
            return factors[above];
        }

        var part = (double)(level - levels[above - 1]) / (levels[above] - levels[above - 1]);
        return factors[above - 1] + (part * (factors[above] - factors[above - 1]));
    }

    /// <summary>The median over images of how much two states of an image have moved apart; 1 where none were apart.</summary>
    /// <param name="before">The states, then the same with an error, [2·N, elements].</param>
    /// <param name="after">What became of them.</param>
    /// <param name="elements">C·H·W.</param>
    public static double Factor(ReadOnlySpan<double> before, ReadOnlySpan<double> after, int elements)
    {
        var images = before.Length / (2 * elements);
        var ratios = new List<double>();
        for (var i = 0; i < images; i++)
        {
            Range one = (i * elements)..((i + 1) * elements), other = ((images + i) * elements)..((images + i + 1) * elements);
            if (StepArithmetic.Distance(before[one], before[other]) is > 0 and var apart)
            {
                ratios.Add(StepArithmetic.Distance(after[one], after[other]) / apart);
            }
        }

        return ratios.Count == 0 ? 1 : Quantile.OfAbsolute([.. ratios], 0.5, new double[ratios.Count]);
    }
}
