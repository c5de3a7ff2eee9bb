using CsCheck;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Tests.Execution;

public class ArenaLayoutTests
{
    private static readonly Gen<ArenaLayout.Buffer[]> Buffers =
        Gen.Select(Gen.Int[1, 20], Gen.Bool, Gen.Int[0, 30], Gen.Int[0, 12], (size, perCondition, first, life) => new ArenaLayout.Buffer(16 * size, perCondition, first, first + life))
            .Array[0, 40];

    [Fact]
    public void Buffers_alive_at_the_same_time_share_nothing() => Buffers.Sample(buffers =>
    {
        var layout = new ArenaLayout(buffers);
        for (var a = 0; a < buffers.Length; a++)
        {
            Assert.Equal(buffers[a].PerCondition, layout.IsPerCondition(a));
            Assert.InRange(layout.Offset(a), 0, Total(layout, buffers[a].PerCondition) - buffers[a].Floats);
            Assert.Equal(0, layout.Offset(a) % 16);
            for (var b = 0; b < a; b++)
            {
                var apart = layout.Offset(a) + buffers[a].Floats <= layout.Offset(b) || layout.Offset(b) + buffers[b].Floats <= layout.Offset(a);
                var together = buffers[a].PerCondition == buffers[b].PerCondition && buffers[a].First <= buffers[b].Last && buffers[b].First <= buffers[a].Last;
                Assert.True(apart || !together, $"{buffers[a]} at {layout.Offset(a)} and {buffers[b]} at {layout.Offset(b)}");
            }
        }
    });

    [Fact]
    public void The_whole_is_between_the_most_alive_at_once_and_the_sum() => Buffers.Sample(buffers =>
    {
        var layout = new ArenaLayout(buffers);
        foreach (var kind in buffers.GroupBy(b => b.PerCondition))
        {
            var most = Enumerable.Range(0, 45).Max(step => kind.Where(b => b.First <= step && step <= b.Last).Sum(b => b.Floats));
            Assert.InRange(Total(layout, kind.Key), most, kind.Sum(b => b.Floats));
        }
    });

    private static long Total(ArenaLayout layout, bool perCondition) => perCondition ? layout.FloatsPerCondition : layout.FloatsPerImage;
}
