namespace DiffusionSharp.Schedules;

public sealed partial class Timesteps
{
    /// <summary>S timesteps of T by a named rule.</summary>
    /// <param name="spacing">The rule.</param>
    /// <param name="T">Number of noise levels.</param>
    /// <param name="steps">S, in [1, T]. One step is always t = T-1.</param>
    /// <param name="offset">Added to every timestep; <see cref="TimestepSpacing.Leading"/> only.</param>
    /// <exception cref="DiffusionException">S does not fit T or the rule, or an offset was given to a rule without one.</exception>
    public static Timesteps Create(TimestepSpacing spacing, int T, int steps, int offset = 0)
    {
        if (offset != 0 && spacing != TimestepSpacing.Leading)
        {
            throw Invalid($"offset {offset} was given, but only leading spacing has an offset, not {spacing}");
        }

        return SpacingRow.Get(spacing).Timesteps is { } create
            ? create(T, steps, offset)
            : throw Invalid($"{spacing} spacing falls between the integer timesteps: it makes NoiseLevels");
    }

    /// <summary>range(0, T, k) reversed: k = 20 of T = 1000 is 980 … 0, 50 calls (the seed article).</summary>
    /// <param name="T">Number of noise levels.</param>
    /// <param name="k">The distance between two timesteps, in [1, T].</param>
    /// <exception cref="DiffusionException">k is outside [1, T].</exception>
    public static Timesteps Stride(int T, int k)
    {
        if (k < 1 || k > T)
        {
            throw Invalid($"stride {k} is outside [1, {T}]");
        }

        return FromLow(T, (T + k - 1) / k, i => i * k);
    }

    /// <summary>τ_i = ⌊i·T/S⌋ - 1, i = 1..S: starts at T-1, exactly S distinct values (DDIM, appendix D.2, linear).</summary>
    /// <param name="T">Number of noise levels.</param>
    /// <param name="steps">S, in [1, T].</param>
    /// <exception cref="DiffusionException">S is outside [1, T].</exception>
    public static Timesteps Uniform(int T, int steps) => FromLow(T, Check(T, steps), i => (int)((i + 1L) * T / steps) - 1);

    /// <summary>
    /// τ_i = max(i, ⌊(T-1)·i²/(S-1)²⌋), i = 0..S-1: ends at T-1, exactly S distinct values (DDIM, appendix D.2, quadratic).
    /// </summary>
    /// <inheritdoc cref="Uniform"/>
    public static Timesteps Quadratic(int T, int steps)
    {
        long last = Check(T, steps) - 1;
        return FromLow(T, steps, i => Math.Max(i, (int)((Int128)(T - 1) * i * i / (last * last))));
    }

    /// <summary>i·⌊T/S⌋ + offset, i = 0..S-1 (diffusers <c>leading</c>).</summary>
    /// <param name="T">Number of noise levels.</param>
    /// <param name="steps">S, in [1, T].</param>
    /// <param name="offset">diffusers' <c>steps_offset</c>.</param>
    /// <exception cref="DiffusionException">S is outside [1, T], or the offset pushes a timestep out of [0, T-1].</exception>
    public static Timesteps Leading(int T, int steps, int offset = 0) =>
        FromLow(T, Check(T, steps), i => checked((i * (T / steps)) + offset));

    /// <summary>round(arange(T, 0, -T/S)) - 1 in numpy's float64, halves to even: exactly S (diffusers <c>trailing</c>).</summary>
    /// <inheritdoc cref="Uniform"/>
    public static Timesteps Trailing(int T, int steps)
    {
        // numpy takes the distance from the first two elements.
        var distance = T - (T - ((double)T / Check(T, steps)));
        return FromLow(T, steps, i => (int)Math.Round(T - ((steps - 1 - i) * distance)) - 1);
    }

    /// <summary>round(linspace(0, T-1, S)) in numpy's float64, halves to even (diffusers <c>linspace</c> of the DDIM family).</summary>
    /// <inheritdoc cref="Uniform"/>
    public static Timesteps Linspace(int T, int steps) => FromLow(T, Check(T, steps), i => (int)Math.Round(Linspaced(T - 1, i, steps - 1)));

    /// <summary>The S highest of round(linspace(0, T-1, S+1)) in numpy's float64, halves to even (diffusers' DPM-Solver and UniPC).</summary>
    /// <param name="T">Number of noise levels.</param>
    /// <param name="steps">S, in [1, T-1] (S+1 distinct points are needed), or 1.</param>
    /// <exception cref="DiffusionException">S is out of range.</exception>
    public static Timesteps LinspaceSolver(int T, int steps)
    {
        if (Check(T, steps) == T && T > 1)
        {
            throw Invalid($"linspace-solver takes {steps}+1 distinct points of T = {T}: ask for at most {T - 1} steps");
        }

        return FromLow(T, steps, i => (int)Math.Round(Linspaced(T - 1, i + 1, steps)));
    }

    /// <summary>range(0, T, T//S) reversed: the released code, which makes more than S steps when S does not divide T (noted).</summary>
    /// <inheritdoc cref="Uniform"/>
    public static Timesteps ErmongroupUniform(int T, int steps)
    {
        var list = Stride(T, T / Check(T, steps));
        return list.Count == steps
            ? list
            : new(T, list.values, $"{steps} steps were asked for, range(0, {T}, {T / steps}) has {list.Count}: {steps} does not divide {T}");
    }

    /// <summary>int(linspace(0, √(0.8T), S)²) reversed: the released code in its own float64, duplicates removed (noted).</summary>
    /// <inheritdoc cref="Uniform"/>
    public static Timesteps ErmongroupQuad(int T, int steps)
    {
        if (Check(T, steps) == 1)
        {
            return new(T, [T - 1]);
        }

        var end = Math.Sqrt(T * 0.8);
        var all = new int[steps];
        for (var i = 0; i < steps; i++)
        {
            var root = Linspaced(end, i, steps - 1);
            all[i] = (int)(root * root);
        }

        int[] distinct = [.. all.Distinct().Reverse()];
        return distinct.Length == steps
            ? new(T, distinct)
            : new(T, distinct, $"{steps} steps were asked for, {steps - distinct.Length} duplicates were removed: {distinct.Length} remain");
    }

    /// <summary>
    /// T cut into sections of equal size, the first ones longer by 1 where that does not come out even; in each so many timesteps from its first
    /// to its last, or its first alone (guided-diffusion's <c>space_timesteps</c> with counts, in its own float64 sums).
    /// </summary>
    /// <param name="T">Number of noise levels.</param>
    /// <param name="counts">Timesteps of each section, from the clean end on; each in [1, the section's size].</param>
    /// <exception cref="DiffusionException">No section, or a count that does not fit.</exception>
    public static Timesteps Sections(int T, params ReadOnlySpan<int> counts)
    {
        var list = new List<int>();
        for (int i = 0, start = 0; i < counts.Length; i++)
        {
            var size = (T / counts.Length) + (i < T % counts.Length ? 1 : 0);
            if (counts[i] < 1 || counts[i] > size)
            {
                throw Invalid($"section {i} of T = {T} has {size} timesteps, {counts[i]} were asked for: 1 to {size} can be taken");
            }

            var (at, distance) = (0.0, counts[i] == 1 ? 0 : (size - 1.0) / (counts[i] - 1));
            for (var k = 0; k < counts[i]; k++)
            {
                list.Add(start + (int)Math.Round(at));
                at += distance;
            }

            start += size;
        }

        list.Reverse();
        return new(T, [.. list]);
    }

    /// <summary>Any strictly descending list.</summary>
    /// <param name="T">Number of noise levels.</param>
    /// <param name="timesteps">From high to low, each in [0, T-1].</param>
    /// <exception cref="DiffusionException">Empty, out of range or not strictly descending.</exception>
    public static Timesteps Custom(int T, params ReadOnlySpan<int> timesteps) => new(T, timesteps.ToArray());

    internal static Timesteps StrideOf(int T, int steps)
    {
        if (T % Check(T, steps) != 0)
        {
            throw Invalid($"stride spacing needs S to divide T: {steps} does not divide {T}; choose uniform spacing or another S");
        }

        return Stride(T, T / steps);
    }

    // Rules count up from the clean end; the list is kept from high to low. S = 1 is always t = T-1.
    private static Timesteps FromLow(int T, int count, Func<int, int> rule)
    {
        var list = new int[count];
        for (var i = 0; i < count; i++)
        {
            list[count - 1 - i] = count == 1 ? T - 1 : rule(i);
        }

        return new(T, list);
    }

    private static int Check(int T, int steps) => steps >= 1 && steps <= T
        ? steps
        : throw Invalid($"{steps} steps were asked for: with T = {T} the number of steps must lie in [1, {T}]");

    // Element i of numpy.linspace(0, end, intervals + 1): the last one is the end itself.
    private static double Linspaced(double end, int i, int intervals) => i == intervals ? end : i * (end / intervals);
}
