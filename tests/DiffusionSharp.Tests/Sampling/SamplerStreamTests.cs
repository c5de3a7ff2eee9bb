using CsCheck;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Tests.Sampling;

/// <summary>Images leave the sampler batch by batch, as many as are wanted, and the same as all in one array.</summary>
public class SamplerStreamTests
{
    private static readonly ImageShape Shape = new(3, 2, 4);
    private static readonly NoiseSchedule Linear = NoiseSchedule.Linear();
    private static readonly NoiseLevels Levels = NoiseLevels.FromTimesteps(Linear, Timesteps.Uniform(1000, 3));
    private static readonly SamplingPlan Plan = DdimPlan.Create(Levels, new DdimOptions { Eta = 1 });

    private static FakeDenoiser Network() => new(3, (x, t) => (float)(0.3 * Math.Sin((3 * x) + (t / 250))));

    private static SamplerRequest Request(int count, int batch = 2) => new()
    {
        Shape = Shape,
        Count = count,
        Noise = NoiseSource.FromSeeds([.. Enumerable.Range(0, count).Select(i => (ulong)i)]),
        BatchSize = batch,
    };

    [Fact]
    public void Batches_are_the_images_of_one_array() => Gen.Select(Gen.Int[1, 7], Gen.Int[1, 8]).Sample((count, batch) =>
    {
        var request = Request(count, batch);
        SampledImages[] batches = [.. Sampler.Stream(Network(), Plan, request)];

        Assert.Equal(Sampler.Batches(count, batch), batches.Length);
        Assert.All(batches[..^1], b => Assert.Equal(batch, b.Count));
        Assert.Equal(Sampler.Run(Network(), Plan, request).Values, batches.SelectMany(b => b.Values));
        Assert.Equal(count, Sampler.Run(Network(), Plan, request).Count);
    });

    [Fact]
    public void A_stream_is_drawn_anew_each_time()
    {
        var stream = Sampler.Stream(Network(), Plan, Request(3));
        Assert.Equal(stream.SelectMany(b => b.Values), stream.SelectMany(b => b.Values));
    }

    [Fact]
    public void A_million_large_images_begin_with_the_first_batch()
    {
        var calls = 0;
        var network = new FakeDenoiser(3, (x, _) => x);
        var large = Request(1_000_000) with { Shape = new ImageShape(3, 256, 256), Watch = _ => calls++ };

        Assert.Equal(2 * 3 * 256 * 256, Sampler.Stream(network, Plan, large).First().Values.Length);
        Assert.Equal(Plan.NetworkCalls, calls);
    }

    [Fact]
    public void No_batch_is_held_once_the_next_one_is_drawn()
    {
        WeakReference? before = null;
        foreach (var reference in Sampler.Stream(Network(), Plan, Request(8)).Select(b => new WeakReference(b.Values)))
        {
            GC.Collect();
            Assert.False(before?.IsAlive ?? false);
            before = reference;
        }
    }

    [Fact]
    public void Some_images_are_drawn_as_among_all_whatever_their_order() =>
        Gen.Select(Gen.Int[0, 4].Array[1, 6], Gen.Int[1, 7]).Sample((only, batch) =>
        {
            var blending = RepaintPlan.Create(Levels, new DdimOptions { Eta = 1 }, new JumpSchedule(1, 1));
            var all = Request(5, batch) with
            {
                InitialX = Values(5 * Shape.Elements, -2, 2),
                Labels = [0, 1, 2, 3, 4],
                Inpainting = new Inpainting(Values(5 * Shape.Elements, -1, 1), Values(5 * Shape.Height * Shape.Width, 0, 1)),
            };
            var network = new LabelledDenoiser();
            var expected = Sampler.Run(network, blending, all);
            var some = Sampler.Run(network, blending, all with { Only = only });

            Assert.Equal(only.Length, some.Count);
            Assert.Equal(only.SelectMany(i => expected.Image(i).ToArray()), some.Values);
        });

    [Fact]
    public void Recorded_noise_goes_to_the_place_it_was_recorded_for()
    {
        var recorded = NoiseSource.Recorded([.. Values(3 * 4 * Shape.Elements, -2, 2).Select(v => (float)v)], 3, 4, Shape);
        var all = Request(4) with { Noise = recorded, InitialX = Values(4 * Shape.Elements, -1, 1) };
        var expected = Sampler.Run(Network(), Plan, all);

        Assert.Equal([.. expected.Image(3), .. expected.Image(1)], Sampler.Run(Network(), Plan, all with { Only = [3, 1] }).Values);
    }

    [Fact]
    public void One_start_one_known_image_and_one_mask_serve_all()
    {
        var blending = RepaintPlan.Create(Levels, new DdimOptions { Eta = 1 }, new JumpSchedule(1, 1));
        double[] start = Values(Shape.Elements, -2, 2), known = Values(Shape.Elements, -1, 1), mask = Values(Shape.Height * Shape.Width, 0, 1);
        var once = Request(3) with { InitialX = start, Inpainting = new Inpainting(known, mask) };
        var thrice = once with { InitialX = [.. start, .. start, .. start], Inpainting = new Inpainting([.. known, .. known, .. known], [.. mask, .. mask, .. mask]) };

        Assert.Equal(Sampler.Run(Network(), blending, thrice).Values, Sampler.Run(Network(), blending, once).Values);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_place_that_is_none_is_refused_at_once(int place)
    {
        var e = Assert.Throws<DiffusionException>(() => Sampler.Stream(Network(), Plan, Request(3) with { Only = [0, place] }));
        Assert.Contains($"image {place} is to be drawn, of 3", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_asynchronous_stream_gives_the_same_bits()
    {
        var batches = new List<SampledImages>();
        await foreach (var batch in Sampler.StreamAsync(Network(), Plan, Request(5), cancellationToken: TestContext.Current.CancellationToken))
        {
            batches.Add(batch);
        }

        Assert.Equal(3, batches.Count);
        Assert.Equal(Sampler.Run(Network(), Plan, Request(5)).Values, batches.SelectMany(b => b.Values));
    }

    [Fact]
    public async Task The_asynchronous_stream_does_not_block_its_caller()
    {
        using var go = new ManualResetEventSlim();
        await using var batches = Sampler.StreamAsync(
            Network(), Plan, Request(1) with { Watch = _ => go.Wait(TestContext.Current.CancellationToken) }, cancellationToken: TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var first = batches.MoveNextAsync();
        Assert.False(first.IsCompleted);

        go.Set();
        Assert.True(await first);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_asynchronous_stream_stops_by_its_token_and_by_its_enumeration_s(bool byArgument)
    {
        var never = TestContext.Current.CancellationToken;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(never);
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in Sampler.StreamAsync(Network(), Plan, Request(6), cancellationToken: byArgument ? stop.Token : never).WithCancellation(byArgument ? never : stop.Token))
            {
                seen++;
                await stop.CancelAsync();
            }
        });
        Assert.Equal(1, seen);
    }

    private static double[] Values(int count, double low, double high) =>
        [.. Enumerable.Range(0, count).Select(i => low + ((high - low) * (0.5 + (0.5 * Math.Sin(i * 1.7)))))];

    private sealed class LabelledDenoiser : IDenoiser
    {
        public int OutputChannels => 3;

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            for (var i = 0; i < prediction.Length; i++)
            {
                prediction[i] = (0.3f * input.X[i]) + (0.1f * input.Labels[i / input.Shape.Elements]);
            }
        }
    }
}
