using CsCheck;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Schedules;

public class TimestepsTests
{
    private static readonly Gen<(int T, int S)> Sizes = Gen.Int[1, 400].SelectMany(T => Gen.Int[1, T].Select(S => (T, S)));

    [Theory]
    [InlineData(TimestepSpacing.Uniform)]
    [InlineData(TimestepSpacing.Quadratic)]
    [InlineData(TimestepSpacing.Leading)]
    [InlineData(TimestepSpacing.Trailing)]
    [InlineData(TimestepSpacing.Linspace)]
    [InlineData(TimestepSpacing.LinspaceSolver)]
    [InlineData(TimestepSpacing.Stride)]
    [InlineData(TimestepSpacing.ErmongroupUniform)]
    [InlineData(TimestepSpacing.ErmongroupQuad)]
    public void Strictly_descending_in_range_and_S_long(TimestepSpacing spacing) => Sizes.Sample(size =>
    {
        var (T, S) = size;
        if ((spacing == TimestepSpacing.Stride && T % S != 0) || (spacing == TimestepSpacing.LinspaceSolver && S == T && T > 1))
        {
            Assert.Throws<DiffusionException>(() => Timesteps.Create(spacing, T, S));
            return;
        }

        var tau = Timesteps.Create(spacing, T, S);
        Assert.Equal(T, tau.T);
        Assert.All(tau, t => Assert.InRange(t, 0, T - 1));
        Assert.All(tau.Zip(tau.Skip(1)), pair => Assert.True(pair.First > pair.Second));
        Assert.Equal(tau.Count != S, tau.Notes.Count > 0);
        if (spacing is not (TimestepSpacing.ErmongroupUniform or TimestepSpacing.ErmongroupQuad))
        {
            Assert.Equal(S, tau.Count);
        }

        if (S == 1)
        {
            Assert.Equal([T - 1], tau);
        }

        if (spacing is TimestepSpacing.Uniform or TimestepSpacing.Quadratic or TimestepSpacing.Trailing or TimestepSpacing.Linspace
            or TimestepSpacing.LinspaceSolver)
        {
            Assert.Equal(T - 1, tau[0]);
        }
    });

    // numpy, as diffusers and the DDIM authors call it.
    [Fact]
    public void Rules_by_example()
    {
        Assert.Equal([801, 601, 401, 201, 1], Timesteps.Leading(1000, 5, 1));
        Assert.Equal([852, 710, 568, 426, 284, 142, 0], Timesteps.Leading(1000, 7));
        Assert.Equal([999, 856, 713, 570, 428, 285, 142], Timesteps.Trailing(1000, 7));
        Assert.Equal([999, 888, 777, 666, 555, 444, 333, 222, 111, 0], Timesteps.Linspace(1000, 10));
        Assert.Equal([999, 899, 799, 699, 599, 500, 400, 300, 200, 100], Timesteps.LinspaceSolver(1000, 10));
        Assert.Equal([999, 832, 666, 500, 333, 166, 0], Timesteps.Linspace(1000, 7)); // 832.5, 499.5 and 166.5: halves to even
        Assert.Equal([999, 937, 874, 811], Timesteps.Trailing(1000, 16).Take(4)); // 937.5 and 812.5
        Assert.Equal([999, 799, 599, 399, 199], Timesteps.Uniform(1000, 5));
        Assert.Equal([999, 665, 332], Timesteps.Uniform(1000, 3));
        Assert.Equal([999, 561, 249, 62, 0], Timesteps.Quadratic(1000, 5));
        Assert.Equal([800, 450, 200, 50, 0], Timesteps.ErmongroupQuad(1000, 5));
        Assert.Equal([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], Timesteps.Quadratic(10, 10));
    }

    // 26·(999/52) = 499.49999999999994 where the exact point is 499.5, 85·(999/102) = 832.5000000000001, and 1000 - 3·20.83… = 937.4999….
    [Fact]
    public void A_half_is_what_numpys_float64_makes_of_it()
    {
        Assert.Equal(499, Timesteps.Linspace(1000, 53)[26]);
        Assert.Equal(499, Timesteps.LinspaceSolver(1000, 52)[26]);
        Assert.Equal(833, Timesteps.LinspaceSolver(1000, 102)[17]);
        Assert.Equal(936, Timesteps.Trailing(1000, 48)[3]);
    }

    // FNV-1a of all timesteps from low to high, for T = 1000 and 300 and S from 2 to T-1, of numpy 1.24.2: np.linspace(0, T-1, S).round(),
    // np.linspace(0, T-1, S+1).round()[1:], (np.arange(T, 0, -T/S).round() - 1)[:S][::-1].
    [Theory]
    [InlineData(TimestepSpacing.Linspace, 0x8cf594252f78b386)]
    [InlineData(TimestepSpacing.LinspaceSolver, 0x03482562ee3f6308)]
    [InlineData(TimestepSpacing.Trailing, 0xe453c4634c424c3f)]
    public void Every_S_is_numpys(TimestepSpacing spacing, ulong expected)
    {
        var all = from T in (int[])[1000, 300] from S in Enumerable.Range(2, T - 2) from t in Timesteps.Create(spacing, T, S).Reverse() select t;
        Assert.Equal(expected, all.Aggregate(0xcbf29ce484222325, (hash, t) => (hash ^ (ulong)t) * 0x100000001b3));
    }

    // guided-diffusion's space_timesteps: a section of one takes its first; its sums of 99/14 reach 49.49… instead of 49.5.
    [Fact]
    public void Sections_are_guided_diffusions_counts()
    {
        var tau = Timesteps.Sections(4000, 100, 50, 3, 1);
        Assert.Equal(154, tau.Count);
        Assert.Equal([3000, 2999, 2500, 2000, 1999, 1979], tau.Take(6));
        Assert.Equal([9, 7, 6, 4, 0], Timesteps.Sections(10, 1, 2, 2));
        Assert.Equal(149, Timesteps.Sections(300, 10, 15, 20)[27]);
        Assert.All((int[][])[[], [0, 5], [51, 5], [1, -1]], counts => Assert.Throws<DiffusionException>(() => Timesteps.Sections(100, counts)));
    }

    // numpy: [int(s) for s in np.linspace(0, np.sqrt(T*.8), S)**2]; 319.99… or 320.00… is its float64, not ours.
    [Fact]
    public void Ermongroup_quad_is_the_released_codes_float64()
    {
        Assert.Equal([320, 252, 193, 142, 98, 63, 35, 15, 3, 0], Timesteps.ErmongroupQuad(400, 10));
        var fifty = Timesteps.ErmongroupQuad(1000, 50);
        Assert.Equal(49, fifty.Count);
        Assert.Equal("50 steps were asked for, 1 duplicates were removed: 49 remain", Assert.Single(fifty.Notes));
    }

    [Fact]
    public void The_seed_articles_stride()
    {
        var tau = Timesteps.Stride(1000, 20);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => 980 - (20 * i)), tau);
        Assert.Equal(tau, Timesteps.Create(TimestepSpacing.Stride, 1000, 50));
        Assert.Equal([6, 3, 0], Timesteps.Stride(9, 3));
        Assert.Equal([9, 6, 3, 0], Timesteps.Stride(10, 3));
    }

    [Fact]
    public void Ermongroup_uniform_runs_another_number_of_steps_and_says_so()
    {
        var tau = Timesteps.ErmongroupUniform(400, 33);
        Assert.Equal(34, tau.Count);
        Assert.Equal("33 steps were asked for, range(0, 400, 12) has 34: 33 does not divide 400", Assert.Single(tau.Notes));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => 360 - (40 * i)), Timesteps.ErmongroupUniform(400, 10));
    }

    [Theory]
    [InlineData("the list is empty")]
    [InlineData("timestep 10 (entry 0) is outside [0, 9] of T = 10", 10, 5)]
    [InlineData("timestep -1 (entry 1) is outside", 5, -1)]
    [InlineData("entry 2 is 4 after 4: the list must be strictly descending", 5, 4, 4)]
    [InlineData("entry 1 is 7 after 3", 3, 7)]
    public void Bad_lists_are_refused(string message, params int[] list)
    {
        var error = Assert.Throws<DiffusionException>(() => Timesteps.Custom(10, list));
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Bad_sizes_are_refused()
    {
        foreach (var spacing in Enum.GetValues<TimestepSpacing>())
        {
            Assert.Throws<DiffusionException>(() => Timesteps.Create(spacing, 100, 0));
            Assert.Throws<DiffusionException>(() => Timesteps.Create(spacing, 100, 101));
            if (spacing != TimestepSpacing.Leading)
            {
                Assert.Throws<DiffusionException>(() => Timesteps.Create(spacing, 100, 10, offset: 1));
            }
        }

        Assert.Throws<DiffusionException>(() => Timesteps.Leading(100, 100, 1));
        Assert.Throws<DiffusionException>(() => Timesteps.Leading(100, 10, -1));
        Assert.Throws<DiffusionException>(() => Timesteps.Stride(100, 0));
        Assert.Throws<DiffusionException>(() => Timesteps.Stride(100, 101));
    }

    [Fact]
    public void Large_T_does_not_overflow()
    {
        const int T = int.MaxValue;
        Assert.Equal(T - 1, Timesteps.Uniform(T, 1000)[0]);
        Assert.Equal(T - 1, Timesteps.Quadratic(T, 1000)[0]);
        Assert.Equal(T - 1, Timesteps.Trailing(T, 1000)[0]);
        Assert.Equal(T - 1, Timesteps.Linspace(T, 1000)[0]);
    }

    [Fact]
    public void Lists_compare_and_print()
    {
        Assert.Equal(Timesteps.Stride(100, 25), Timesteps.Custom(100, 75, 50, 25, 0));
        Assert.NotEqual(Timesteps.Stride(100, 25), Timesteps.Custom(101, 75, 50, 25, 0));
        Assert.Equal("75, 50, 25, 0", Timesteps.Stride(100, 25).ToString());
    }
}
