using System.Globalization;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Layouts;

/// <summary>The noise schedule of a list of β or ᾱ that was rounded when it was stored: the schedule of a name where one gives these numbers.</summary>
internal static class StoredBetas
{
    /// <summary>The relative distance of two neighbours of a type.</summary>
    public static double Precision(TensorDtype dtype) => dtype switch
    {
        TensorDtype.F64 => Math.ScaleB(1, -40), // Written by code that computes a step in float32 at most rarely: then the list is kept.
        TensorDtype.F16 => Math.ScaleB(1, -10),
        TensorDtype.BF16 => Math.ScaleB(1, -7),
        _ => Math.ScaleB(1, -23),
    };

    /// <summary>From β.</summary>
    /// <exception cref="DiffusionException">A β outside (0, 1).</exception>
    public static NoiseSchedule Schedule(double[] betas, TensorDtype dtype)
    {
        // Within two units of the type's last place.
        var tolerance = 2 * Precision(dtype);
        return Named(betas.Length, betas[0], betas[^1], Digits(dtype)).FirstOrDefault(s => s.Betas.Zip(betas).All(b => Math.Abs(b.First - b.Second) <= (tolerance * b.Second) + 1e-12))
            ?? NoiseSchedule.FromBetas(betas);
    }

    /// <summary>From ᾱ, of which little is left of a small β: a schedule of a name is tried within more.</summary>
    /// <exception cref="DiffusionException">They do not fall from below 1.</exception>
    public static NoiseSchedule FromAlphaBars(double[] alphaBars, TensorDtype dtype)
    {
        double[] betas = [.. alphaBars.Select((a, t) => 1 - (a / (t == 0 ? 1 : alphaBars[t - 1])))];
        var tolerance = Math.Max(1e-4, 4 * Precision(dtype));
        return Named(betas.Length, betas[0], betas[^1], digits: 2)
            .FirstOrDefault(s => alphaBars.Index().All(a => Math.Abs(s.AlphaBar(a.Index) - a.Item) <= (tolerance * a.Item) + 1e-7))
            ?? NoiseSchedule.FromBetas(betas);
    }

    private static int Digits(TensorDtype dtype) => dtype switch { TensorDtype.F64 => 12, TensorDtype.F16 => 3, TensorDtype.BF16 => 2, _ => 7 };

    private static IEnumerable<NoiseSchedule> Named(int T, double first, double last, int digits)
    {
        (double First, double Last)[] ends = [(Round(first, digits), Round(last, digits)), (1e-4, 0.02), (0.00085, 0.012), (0.0015, 0.0195)];
        Func<NoiseSchedule>[] all =
        [
            () => NoiseSchedule.Cosine(T), () => NoiseSchedule.SigmoidLucidrains(T), () => NoiseSchedule.LinearScaledT(T), () => NoiseSchedule.Sigmoid(T), () => NoiseSchedule.Jsd(T),
            .. ends.SelectMany(e => (Func<NoiseSchedule>[])[() => NoiseSchedule.Linear(T, e.First, e.Last), () => NoiseSchedule.ScaledLinear(T, e.First, e.Last)]),
        ];
        foreach (var make in all)
        {
            if (Try(make) is { } schedule)
            {
                yield return schedule;
            }
        }
    }

    // Not every schedule exists for every T and every end.
    private static NoiseSchedule? Try(Func<NoiseSchedule> make)
    {
        try
        {
            return make();
        }
        catch (DiffusionException)
        {
            return null;
        }
    }

    private static double Round(double value, int digits) => double.Parse(value.ToString($"G{digits}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
