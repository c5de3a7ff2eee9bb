using System.Numerics;
using System.Runtime.InteropServices;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Sampling.Execution;

/// <summary>The arithmetic of one step on one image, float64. Multiplications and additions are never fused.</summary>
internal static class StepArithmetic
{
    /// <summary>x0 = X0FromX·x + X0FromM·m, then its treatment; work is as long as x0 and is overwritten by dynamic thresholding.</summary>
    public static void PredictX0(
        in SamplingStep step, X0Treatment treatment, ReadOnlySpan<double> x, ReadOnlySpan<double> m, Span<double> x0, Span<double> work)
    {
        Scale(step.X0FromX, x, x0);
        Add(step.X0FromM, m, x0);
        if (treatment.Kind == X0TreatmentKind.Clip)
        {
            Clamp(x0, treatment.Range);
        }
        else if (treatment.Kind == X0TreatmentKind.DynamicThreshold)
        {
            var s = Math.Min(Math.Max(Quantile.OfAbsolute(x0, treatment.Quantile, work), 1), treatment.Max);
            Clamp(x0, s);
            foreach (ref var value in x0)
            {
                value /= s;
            }
        }
    }

    /// <summary>result = coefficient·values.</summary>
    public static void Scale(double coefficient, ReadOnlySpan<double> values, Span<double> result)
    {
        var lanes = Lanes(values);
        var target = MemoryMarshal.Cast<double, Vector<double>>(result);
        for (var i = 0; i < lanes.Length; i++)
        {
            target[i] = coefficient * lanes[i];
        }

        for (var i = lanes.Length * Vector<double>.Count; i < values.Length; i++)
        {
            result[i] = coefficient * values[i];
        }
    }

    /// <summary>result += coefficient·values; no work where the coefficient is 0.</summary>
    public static void Add(double coefficient, ReadOnlySpan<double> values, Span<double> result)
    {
        if (coefficient == 0)
        {
            return;
        }

        var lanes = Lanes(values);
        var target = MemoryMarshal.Cast<double, Vector<double>>(result);
        for (var i = 0; i < lanes.Length; i++)
        {
            target[i] += coefficient * lanes[i];
        }

        for (var i = lanes.Length * Vector<double>.Count; i < values.Length; i++)
        {
            result[i] += coefficient * values[i];
        }
    }

    /// <summary>
    /// result += Sigma^(1-f)·UpperSigma^f·z with f = (v+1)/2, value by value (Nichol and Dhariwal 2021, equation 15, where v is f). At
    /// v = -1 that has the bits of Sigma·z. Where the step guides the mean, σ²·g is added, too.
    /// </summary>
    /// <returns>False where a σ is too large for a number.</returns>
    public static bool AddLearned(in SamplingStep step, ReadOnlySpan<double> v, ReadOnlySpan<double> z, ReadOnlySpan<double> g, Span<double> result)
    {
        var span = BoxMuller.Log(step.UpperSigma / step.Sigma);
        var largest = 0.0;
        for (var i = 0; i < v.Length; i++)
        {
            var sigma = step.Sigma * Exponential.Exp(0.5 * (v[i] + 1) * span);
            largest = Math.Max(largest, sigma);
            result[i] += sigma * z[i];
            if (step.GuidesMean)
            {
                result[i] += sigma * sigma * g[i];
            }
        }

        return double.IsFinite(largest);
    }

    /// <summary>x = mask·x + (1-mask)·(√ᾱ·known + √(1-ᾱ)·z); where the mask is 0 and ᾱ = 1 that is exactly the known image.</summary>
    public static void Blend(double alphaBar, ReadOnlySpan<double> known, ReadOnlySpan<double> mask, ReadOnlySpan<double> z, Span<double> x)
    {
        double a = Math.Sqrt(alphaBar), b = Math.Sqrt(1 - alphaBar);
        for (var i = 0; i < x.Length; i++)
        {
            var paint = mask[i % mask.Length];
            x[i] = (paint * x[i]) + ((1 - paint) * ((a * known[i]) + (b * z[i])));
        }
    }

    /// <summary>The root mean square of a-b.</summary>
    public static double Distance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return Math.Sqrt(sum / a.Length);
    }

    private static void Clamp(Span<double> values, double range)
    {
        foreach (ref var value in values)
        {
            value = Math.Clamp(value, -range, range);
        }
    }

    private static ReadOnlySpan<Vector<double>> Lanes(ReadOnlySpan<double> values) => MemoryMarshal.Cast<double, Vector<double>>(values);
}
