using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Tests.Execution;

public class TeamTests
{
    public static TheoryData<int> Sizes => new(Enumerable.Range(1, 8));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_item_is_done_once_before_the_loop_returns(int size)
    {
        using var team = new Team(size);
        var random = new Random(size);
        for (var loop = 0; loop < 300; loop++)
        {
            // Now and then the threads fall asleep.
            if (loop % 60 == 0)
            {
                Thread.Sleep(2);
            }

            var done = new int[random.Next(0, 40)];
            var strangers = 0;
            team.For(done.Length, (worker, item) =>
            {
                Interlocked.Increment(ref done[item]);
                Interlocked.Add(ref strangers, worker >= 0 && worker < size ? 0 : 1);
            });
            Assert.All(done, d => Assert.Equal(1, d));
            Assert.Equal(0, strangers);
        }
    }

    // What a thread wrote in one loop lies in its cache in the next. Nobody helps another before all have begun.
    [Theory]
    [InlineData(2, 2)]
    [InlineData(2, 9)]
    [InlineData(3, 7)]
    [InlineData(5, 64)]
    public void Each_thread_begins_with_its_own_part(int size, int items)
    {
        using var team = new Team(size);
        for (var loop = 0; loop < 3; loop++)
        {
            var first = Enumerable.Repeat(-1, size).ToArray();
            using var all = new Barrier(size);
            team.For(items, (worker, item) =>
            {
                if (first[worker] < 0)
                {
                    first[worker] = item;
                    all.SignalAndWait(TestContext.Current.CancellationToken);
                }
            });
            Assert.Equal(Enumerable.Range(0, size).Select(w => w * items / size), first);
        }
    }

    // Scratch belongs to a worker: two items at once on one worker would share it.
    [Fact]
    public void A_worker_does_one_item_at_a_time()
    {
        using var team = new Team(5);
        var (busy, clashes) = (new int[5], 0);
        for (var loop = 0; loop < 200; loop++)
        {
            team.For(20, (worker, _) =>
            {
                Interlocked.Add(ref clashes, Interlocked.Exchange(ref busy[worker], 1));
                Thread.SpinWait(20);
                Volatile.Write(ref busy[worker], 0);
            });
        }

        Assert.Equal(0, clashes);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_failure_comes_through_and_the_team_goes_on(int size)
    {
        using var team = new Team(size);
        for (var loop = 0; loop < 20; loop++)
        {
            var thrown = Assert.Throws<InvalidDataException>(() => team.For(10, (_, item) => Fail(item)));
            Assert.Equal("item 7", thrown.Message);
            var sum = 0;
            team.For(10, (_, item) => Interlocked.Add(ref sum, item));
            Assert.Equal(45, sum);
        }

        static void Fail(int item)
        {
            if (item == 7)
            {
                throw new InvalidDataException($"item {item}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Threads_awake_and_asleep_end_with_the_team(int size)
    {
        for (var rest = 0; rest < 3; rest++)
        {
            var threads = new Thread?[size];
            var team = new Team(size);
            team.For(3 * size, (worker, _) => threads[worker] = Thread.CurrentThread);
            Thread.Sleep(rest);
            team.Dispose();
            Assert.All(threads.Skip(1), t => Assert.False(t?.IsAlive ?? false));
        }
    }
}
