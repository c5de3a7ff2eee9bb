using DiffusionSharp.Training;

namespace DiffusionSharp.Tests.Training;

public class PrefetcherTests
{
    [Fact]
    public void Items_come_in_order_and_one_ahead()
    {
        var made = 0L;
        using var prefetcher = new Prefetcher<long>(5, k => Interlocked.Exchange(ref made, k));
        for (var k = 5; k < 50; k++)
        {
            prefetcher.Next();
            Assert.InRange(Interlocked.Read(ref made), k, k + 1);
        }
    }

    [Fact]
    public void An_error_of_the_maker_surfaces_where_its_item_is_asked_for()
    {
        using var prefetcher = new Prefetcher<long>(0, k => k < 2 ? k : throw new DiffusionException(ErrorKind.Data, $"item {k}"));
        Assert.Equal(0, prefetcher.Next());
        Assert.Equal(1, prefetcher.Next());
        Assert.Equal("item 2", Assert.Throws<DiffusionException>(() => prefetcher.Next()).Message);
        Assert.Throws<DiffusionException>(() => prefetcher.Next());
    }

    [Fact]
    public void Disposing_waits_until_the_maker_is_done()
    {
        var working = 0;
        var prefetcher = new Prefetcher<int>(0, _ =>
        {
            Interlocked.Increment(ref working);
            Thread.Sleep(20);
            return Interlocked.Decrement(ref working);
        });
        prefetcher.Next();
        prefetcher.Dispose();
        Assert.Equal(0, working);
    }
}
