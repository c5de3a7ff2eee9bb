using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests;

/// <summary>Calls from several threads at once.</summary>
public class ConcurrencyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Callers_of_one_network_wait_for_each_other(int threads)
    {
        var images = SmallUNets.Case("classes, scale and shift, heads", images: 12);
        using var denoiser = (CpuDenoiser)images.On(CpuEngine.With(new CpuOptions { Threads = threads }));
        CallAtOnce(images, _ => denoiser);
    }

    [Fact]
    public void Networks_do_not_disturb_each_other()
    {
        var images = SmallUNets.Case("classes, scale and shift, heads", images: 12);
        var engine = CpuEngine.With(new CpuOptions { Threads = 2 });
        CpuDenoiser[] denoisers = [.. Enumerable.Range(0, 4).Select(_ => (CpuDenoiser)images.On(engine))];
        CallAtOnce(images, caller => denoisers[caller]);
        Array.ForEach(denoisers, d => d.Dispose());
    }

    // Each caller takes batches of its own size from the same images.
    private static void CallAtOnce(NetworkCase images, Func<int, CpuDenoiser> denoiserOf)
    {
        float[][] expected = [.. Enumerable.Range(0, images.Count).Select(i => images.Pick(i).Predict(Forms.First))];
        var callers = Enumerable.Range(0, 4).Select(caller => Task.Factory.StartNew(
            () =>
            {
                for (var round = 0; round < 10; round++)
                {
                    int[] batch = [.. Enumerable.Range(0, caller + 1).Select(k => (round + (3 * caller) + k) % images.Count)];
                    var prediction = images.Pick(batch).Predict(denoiserOf(caller));
                    Assert.True(Bits.AreEqual([.. batch.SelectMany(i => expected[i])], prediction), $"caller {caller}, round {round}");
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
        Task.WaitAll([.. callers], TestContext.Current.CancellationToken);
    }
}
