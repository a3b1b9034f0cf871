package fetch

import (
	"crypto/md5"
	"crypto/sha256"
	"hash"

	"continuousnet/cnet/dataset"
)

// source is where a data set is published and what its files must be.
type source struct {
	base    string // URL that the names of the files are appended to
	files   []remote
	archive *archive // how to unpack the one file, if it is an archive
}

// remote is a file as published. The checksum decides; the size tells early,
// and tells a resumed download where it ends. The checksum is a SHA-256, or
// the MD5 that is known of a file whose publisher gives none.
type remote struct {
	name string
	size int64
	sum  string // in hexadecimal; its length says which it is
}

// hash returns the function of the checksum.
func (r remote) hash() hash.Hash {
	if len(r.sum) == 2*md5.Size {
		return md5.New()
	}
	return sha256.New()
}

// part returns the name that the file has until it is complete. With the checksum in it, it is no other file's.
func (r remote) part() string { return ".partial-" + r.name + "-" + r.sum[:16] }

// archive is what is wanted of a .tar.gz: members, which lie in folder.
type archive struct {
	folder  string
	members []member
}

type member struct {
	name string
	size int64 // 0: a text, of any reasonable size
}

// sources are the official addresses. The SHA-256 sums are those of the files
// with the MD5 sums that the publishers give, which are beside them as comments.
var sources = map[string]source{
	"cifar10": {
		base: "https://www.cs.toronto.edu/~kriz/",
		files: []remote{
			{"cifar-10-binary.tar.gz", 170052171, // MD5 c32a1d4ab5d03f1284b67883e8d87530
				"c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
		},
		archive: &archive{"cifar-10-batches-bin", []member{
			{"batches.meta.txt", 0},
			{"data_batch_1.bin", 30730000},
			{"data_batch_2.bin", 30730000},
			{"data_batch_3.bin", 30730000},
			{"data_batch_4.bin", 30730000},
			{"data_batch_5.bin", 30730000},
			{"test_batch.bin", 30730000},
		}},
	},
	"cifar100": {
		base: "https://www.cs.toronto.edu/~kriz/",
		files: []remote{
			{"cifar-100-binary.tar.gz", 168513733, // MD5 03b5dce01913d631647c71ecec9e9cb8
				"58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"},
		},
		archive: &archive{"cifar-100-binary", []member{
			{"coarse_label_names.txt", 0},
			{"fine_label_names.txt", 0},
			{"test.bin", 30740000},
			{"train.bin", 153700000},
		}},
	},
	"mnist": {
		base: "https://ossci-datasets.s3.amazonaws.com/mnist/",
		files: []remote{
			{"train-images-idx3-ubyte.gz", 9912422, // MD5 f68b3c2dcbeaaa9fbdd348bbdeb94873
				"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
			{"train-labels-idx1-ubyte.gz", 28881, // MD5 d53e105ee54ea40749a09fcbcd1e9432
				"3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
			{"t10k-images-idx3-ubyte.gz", 1648877, // MD5 9fb629c4189551a2d022fa330f9573f3
				"8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
			{"t10k-labels-idx1-ubyte.gz", 4542, // MD5 ec29112dd5afa0611ce80d1b7f02629c
				"f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
		},
	},
	"tinyimagenet": { // it is read as it is: of the 120,000 files nobody has to know
		base: "http://cs231n.stanford.edu/",
		files: []remote{
			{"tiny-imagenet-200.zip", 248100043, "90528d7ca1a48142e341f4ef8d21d0de"},
			// the MD5 that loaders for PyTorch check
		},
	},
	"fashion-mnist": {
		base: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		files: []remote{
			{"train-images-idx3-ubyte.gz", 26421880, // MD5 8d4fb7e6c68d591d4c3dfef9ec88bf0d
				"3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
			{"train-labels-idx1-ubyte.gz", 29515, // MD5 25c81989df183df01b3e8a0aad5dffbe
				"a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
			{"t10k-images-idx3-ubyte.gz", 4422102, // MD5 bef4ecab320f06d8554ea6380940ec79
				"346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
			{"t10k-labels-idx1-ubyte.gz", 5148, // MD5 bb300cfdad3c16e7a12a480ee83cd310
				"67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
		},
	},
}

// owner returns the name of the data set, other than name, that a file with this checksum belongs to, or "".
func owner(sum, name string) string {
	for _, other := range dataset.Names() {
		for _, file := range sources[other].files {
			if other != name && file.sum == sum {
				return other
			}
		}
	}
	return ""
}
