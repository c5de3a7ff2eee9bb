using System.Numerics;
using System.Runtime.InteropServices;

namespace DiffusionSharp.Sampling;

/// <summary>The arithmetic of one step on one image, float64. Multiplications and additions are never fused.</summary>
internal static class StepArithmetic
{
    /// <summary>x0 = X0FromX·x + X0FromM·m, then its treatment; work is as long as x0 and is overwritten by dynamic thresholding.</summary>
    public static void PredictX0(
        in SamplingStep step, X0Treatment treatment, ReadOnlySpan<double> x, ReadOnlySpan<double> m, Span<double> x0, Span<double> work)
    {
        ReadOnlySpan<Vector<double>> vx = Lanes(x), vm = Lanes(m);
        var v0 = MemoryMarshal.Cast<double, Vector<double>>(x0);
        for (var i = 0; i < v0.Length; i++)
        {
            v0[i] = (step.X0FromX * vx[i]) + (step.X0FromM * vm[i]);
        }

        for (var i = v0.Length * Vector<double>.Count; i < x0.Length; i++)
        {
            x0[i] = (step.X0FromX * x[i]) + (step.X0FromM * m[i]);
        }

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

    /// <summary>x = X·x + M·m + X0·x0 + Sigma·z, in place; z may be empty when Sigma is 0.</summary>
    public static void Advance(in SamplingStep step, Span<double> x, ReadOnlySpan<double> m, ReadOnlySpan<double> x0, ReadOnlySpan<double> z)
    {
        var vx = MemoryMarshal.Cast<double, Vector<double>>(x);
        ReadOnlySpan<Vector<double>> vm = Lanes(m), v0 = Lanes(x0);
        for (var i = 0; i < vx.Length; i++)
        {
            vx[i] = (step.X * vx[i]) + (step.M * vm[i]) + (step.X0 * v0[i]);
        }

        for (var i = vx.Length * Vector<double>.Count; i < x.Length; i++)
        {
            x[i] = (step.X * x[i]) + (step.M * m[i]) + (step.X0 * x0[i]);
        }

        if (step.Sigma != 0)
        {
            AddNoise(step.Sigma, x, z);
        }
    }

    /// <summary>x = X·x + Sigma·z, in place: a step without a network call.</summary>
    public static void Renoise(in SamplingStep step, Span<double> x, ReadOnlySpan<double> z)
    {
        foreach (ref var value in x)
        {
            value *= step.X;
        }

        if (step.Sigma != 0)
        {
            AddNoise(step.Sigma, x, z);
        }
    }

    private static void AddNoise(double sigma, Span<double> x, ReadOnlySpan<double> z)
    {
        var vx = MemoryMarshal.Cast<double, Vector<double>>(x);
        var vz = Lanes(z);
        for (var i = 0; i < vx.Length; i++)
        {
            vx[i] += sigma * vz[i];
        }

        for (var i = vx.Length * Vector<double>.Count; i < x.Length; i++)
        {
            x[i] += sigma * z[i];
        }
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
