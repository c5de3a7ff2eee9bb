using System.Diagnostics;

namespace DiffusionSharp.Bench.Measuring;

/// <summary>Measures variants in turns, A B C A B C …, so that all of them meet the same machine.</summary>
internal static class Interleaved
{
    /// <summary>One run of each to warm up, then the rounds, then one run of each that is not timed, for its memory.</summary>
    public static Timing[] Run(int rounds, params (string Name, Action Action)[] variants) =>
        Measure(rounds, [.. variants.Select(v => (v.Name, (Func<double>)(() => Seconds(v.Action))))]);

    /// <summary>The same for variants that say themselves what they measured.</summary>
    public static Timing[] Measure(int rounds, params (string Name, Func<double> Action)[] variants)
    {
        var values = Rounds(rounds + 1, [.. variants.Select(v => v.Action)]);
        return [.. variants.Select((v, i) => new Timing(v.Name, values[i][1..], ResidentMemory.RiseOf(() => v.Action())))];
    }

    /// <summary>The rounds alone: what each variant measured in each.</summary>
    public static List<double>[] Rounds(int rounds, IReadOnlyList<Func<double>> variants)
    {
        var values = variants.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var v = 0; v < values.Length; v++)
            {
                values[v].Add(variants[v]());
            }
        }

        return values;
    }

    /// <summary>How long something takes.</summary>
    public static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
