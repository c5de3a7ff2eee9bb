using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Tests.Kit;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests;

/// <summary>What calls and networks leave behind.</summary>
[Collection(nameof(Alone))]
public class ResourceTests
{
    public static TheoryData<string> Networks => new(SmallUNets.All.Keys);

    [Theory]
    [MemberData(nameof(Networks))]
    public void Calls_allocate_nothing_once_the_largest_batch_was_seen(string name)
    {
        Assert.SkipWhen(AlignedMemory.IsChecked, "a checked build asks every step what it needs, which allocates");
        var (large, small) = (SmallUNets.Case(name, images: 4), SmallUNets.Case(name, images: 1));
        var room = new float[4 * large.Graph.OutputShape.Elements];
        foreach (var form in Forms.All.Where(f => f is { VectorBits: 256, Threads: 1 or 3 }))
        {
            using var denoiser = (CpuDenoiser)large.On(CpuEngine.With(form));
            Call();

            // The least of some rounds: the runtime has things of its own to allocate, now and then.
            Assert.InRange(Enumerable.Range(0, 5).Min(_ => Allocated()), 0, 100);

            long Allocated()
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                for (var i = 0; i < 3; i++)
                {
                    Call();
                }

                return GC.GetTotalAllocatedBytes(precise: true) - before;
            }

            void Call()
            {
                denoiser.Predict(large.Input, room);
                denoiser.Predict(small.Input, room.AsSpan(0, small.Graph.OutputShape.Elements));
            }
        }
    }

    [Fact]
    public void Threads_end_with_their_network()
    {
        var network = SmallUNets.Case("6×6 and 3×3", images: 1);
        var engine = CpuEngine.With(new CpuOptions { Threads = 6 });
        network.Predict(engine);
        var before = Threads();
        for (var i = 0; i < 20; i++)
        {
            network.Predict(engine);
        }

        Assert.InRange(Threads(), 0, before + 5);

        static int Threads()
        {
            using var process = Process.GetCurrentProcess();
            return process.Threads.Count;
        }
    }
}
